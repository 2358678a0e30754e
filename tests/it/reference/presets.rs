//! The preset tables, written down from their public definitions and not read from the project's own files.

const RFM_11: [(&str, &str); 11] = [
    ("champions", "555 554 544 545 454 455 445"),
    ("loyal", "543 444 435 355 354 345 344 335"),
    (
        "potential_loyalist",
        "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
    ),
    ("new", "512 511 422 421 412 411 311"),
    ("promising", "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313"),
    ("need_attention", "535 534 443 434 343 334 325 324"),
    ("about_to_sleep", "331 321 312 221 213 231 241 251"),
    ("at_risk", "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124"),
    ("cannot_lose", "155 154 144 214 215 115 114 113"),
    ("hibernating", "332 322 233 232 223 222 132 123 122 212 211"),
    ("lost", "111 112 121 131 141 151"),
];

/// 2 is high, 1 low, read as recency, frequency, monetary.
const CN_8: [(&str, &str); 8] = [
    ("key_value", "222"),
    ("key_retain", "122"),
    ("key_develop", "212"),
    ("key_win_back", "112"),
    ("general_value", "221"),
    ("general_develop", "211"),
    ("general_retain", "121"),
    ("general_win_back", "111"),
];

/// The number of the rule and the label of a code.
pub(crate) fn of(preset: &str, code: Option<i64>) -> (i64, &'static str) {
    let table: &[(&str, &str)] = if preset == "rfm-11" { &RFM_11 } else { &CN_8 };
    let holds = |codes: &str| code.is_some_and(|code| codes.split(' ').any(|one| one == code.to_string()));
    match table.iter().position(|(_, codes)| holds(codes)) {
        Some(at) => (at as i64 + 1, table[at].0),
        None => (0, "unscored"),
    }
}

/// All labels in the order of the table, that of everybody else last.
pub(crate) fn labels(preset: &str) -> Vec<&'static str> {
    let table: &[(&'static str, &str)] = if preset == "rfm-11" { &RFM_11 } else { &CN_8 };
    table.iter().map(|(label, _)| *label).chain(["unscored"]).collect()
}
