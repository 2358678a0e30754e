//! What can be said of an expression's tokens before they are parsed: which words are names, how deep it is at most, and
//! what is wrong in ways that the parser would call something else.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::diag::{Diagnostic, Span};
use crate::spec::units;

use super::complaint;
use super::places::Places;

/// Words that keep their meaning; every other SQL keyword is a name here (`order`, `time`, `first` …).
pub(super) const KEYWORDS: &[Keyword] = &[
    Keyword::AND,
    Keyword::OR,
    Keyword::NOT,
    Keyword::IN,
    Keyword::BETWEEN,
    Keyword::IS,
    Keyword::NULL,
    Keyword::LIKE,
    Keyword::CASE,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::END,
    Keyword::DISTINCT,
    Keyword::TRUE,
    Keyword::FALSE,
];

/// Words that are no keywords of the subset become names: all but those of `date '…'` and `cast(… as type)`.
pub(super) fn names_for_keywords(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut text_follows = false;
    let mut paren_follows = false;
    let mut tokens: Vec<TokenWithSpan> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    tokens.reverse();
    for token in &mut tokens {
        let is_text = matches!(token.token, Token::SingleQuotedString(_));
        if let Token::Word(word) = &mut token.token {
            let date_literal = word.keyword == Keyword::DATE && text_follows;
            let cast = word.keyword == Keyword::CAST && paren_follows;
            let of_cast = word.keyword == Keyword::AS || is_type(word.keyword);
            if !KEYWORDS.contains(&word.keyword) && !date_literal && !cast && !of_cast {
                word.keyword = Keyword::NoKeyword;
            }
        }
        text_follows = is_text;
        paren_follows = token.token == Token::LParen;
    }
    tokens.reverse();
    names_outside_casts(&mut tokens);
    tokens
}

/// What the type of a cast may be called.
fn is_type(keyword: Keyword) -> bool {
    use Keyword::{
        BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, INT, INTEGER, NUMERIC, PRECISION, SMALLINT, STRING, TEXT,
        TIMESTAMP, VARCHAR,
    };
    let types = [
        BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, INT, INTEGER, NUMERIC, PRECISION, SMALLINT, STRING, TEXT,
        TIMESTAMP, VARCHAR,
    ];
    types.contains(&keyword)
}

/// `as` and names of types are keywords only behind the `as` of a cast, inside its parentheses.
fn names_outside_casts(tokens: &mut [TokenWithSpan]) {
    // Of each open parenthesis: whether it is a cast's, and whether its `as` has come.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut is_cast = false;
    for at in 0..tokens.len() {
        let text_follows =
            tokens.get(at + 1).is_some_and(|next| matches!(next.token, Token::SingleQuotedString(_)));
        match &mut tokens[at].token {
            Token::LParen => {
                // `decimal(18, 2)` is inside the type.
                let inside = open.last().is_some_and(|(cast, as_came)| *cast && *as_came);
                open.push(if inside { (true, true) } else { (is_cast, false) });
            }
            Token::RParen => {
                open.pop();
            }
            Token::Word(word) => {
                let in_type = open.last().is_some_and(|(cast, as_came)| *cast && *as_came);
                if word.keyword == Keyword::AS && open.last() == Some(&(true, false)) {
                    open.pop();
                    open.push((true, true));
                } else if (word.keyword == Keyword::AS || is_type(word.keyword))
                    && !in_type
                    && !(word.keyword == Keyword::DATE && text_follows)
                {
                    word.keyword = Keyword::NoKeyword;
                }
            }
            _ => {}
        }
        is_cast = matches!(&tokens[at].token, Token::Word(word) if word.keyword == Keyword::CAST);
    }
}

/// How many tokens there are that may put one expression into another.
pub(super) fn operators(tokens: &[TokenWithSpan]) -> usize {
    let mut begins = true;
    let mut operators = 0;
    for token in tokens {
        let sign = begins && matches!(token.token, Token::Minus | Token::Plus);
        begins = matches!(token.token, Token::Comma | Token::LParen);
        operators += usize::from(match &token.token {
            Token::Word(word) => word.keyword != Keyword::NoKeyword,
            Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen => false,
            _ => !(begins || sign),
        });
    }
    operators
}

/// `90 days`, `95%`, `1万`, `¥300`: a number beside what is neither an operator nor a word of the language.
pub(super) fn number_with_unit(tokens: &[TokenWithSpan], places: &Places) -> Option<Diagnostic> {
    let is_number = |token: &TokenWithSpan| matches!(token.token, Token::Number(..));
    tokens.windows(2).enumerate().find_map(|(at, pair)| {
        let (number, unit, hint) = match (&pair[0].token, &pair[1].token) {
            (Token::Number(number, _), Token::Word(word)) => (0, 1, units::plain(number, &word.value)?),
            (Token::Number(number, _), Token::Char('％')) => (0, 1, units::plain(number, "%")?),
            (Token::Number(number, _), Token::Mod) => {
                // Before an operand it is an operator, which the subset does not have.
                let operand = tokens.get(at + 2).is_some_and(|next| match &next.token {
                    Token::Word(word) => !KEYWORDS.contains(&word.keyword),
                    Token::LParen => true,
                    _ => is_number(next),
                });
                (0, 1, units::plain(number, "%").filter(|_| !operand)?)
            }
            (Token::Char(sign), Token::Number(number, _)) => {
                (1, 0, units::plain(number, sign.encode_utf8(&mut [0; 4]))?)
            }
            _ => return None,
        };
        let first = span_of(places, pair[number.min(unit)].span);
        let span = first.to(span_of(places, pair[number.max(unit)].span));
        let (one, other) = (pair[0].token.to_string(), pair[1].token.to_string());
        let gap = if pair[0].span.end == pair[1].span.start { "" } else { " " };
        Some(complaint::with_unit(&format!("{one}{gap}{other}"), hint).with_span(span))
    })
}

/// A word such as `and` where a value should stand: the parser would take it for a name.
pub(super) fn operand_missing(tokens: &[TokenWithSpan]) -> Option<usize> {
    const BETWEEN_OPERANDS: [Keyword; 10] = [
        Keyword::AND,
        Keyword::OR,
        Keyword::IN,
        Keyword::BETWEEN,
        Keyword::IS,
        Keyword::LIKE,
        Keyword::WHEN,
        Keyword::THEN,
        Keyword::ELSE,
        Keyword::END,
    ];
    let keyword = |token: &TokenWithSpan| match &token.token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    };
    let ends_an_operand = |token: &TokenWithSpan| match &token.token {
        Token::Word(word) => {
            !KEYWORDS.contains(&word.keyword)
                || matches!(word.keyword, Keyword::END | Keyword::NULL | Keyword::TRUE | Keyword::FALSE)
        }
        Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen => true,
        // What is no operator is for the parser to refuse.
        token => !matches!(
            token,
            Token::LParen
                | Token::Comma
                | Token::Eq
                | Token::Neq
                | Token::Lt
                | Token::LtEq
                | Token::Gt
                | Token::GtEq
                | Token::Plus
                | Token::Minus
                | Token::Mul
                | Token::Div
        ),
    };
    (0..tokens.len()).find(|&at| {
        let (here, before) = (keyword(&tokens[at]), at.checked_sub(1).map(|before| &tokens[before]));
        let after = before.map_or(Keyword::NoKeyword, keyword);
        let fits = match here {
            Keyword::IN | Keyword::BETWEEN | Keyword::LIKE if after == Keyword::NOT => true,
            Keyword::WHEN if after == Keyword::CASE => true,
            _ => before.is_some_and(ends_an_operand),
        };
        BETWEEN_OPERANDS.contains(&here) && !fits
    })
}

/// The place of a token, or of more, in the rules file.
pub(super) fn span_of(places: &Places, span: sqlparser::tokenizer::Span) -> Span {
    places.between((span.start.line, span.start.column), (span.end.line, span.end.column))
}
