//! Names that every warehouse takes as a column without quotes. Reserved are the words of the dialects that tables are loaded
//! into: PostgreSQL (and DuckDB), BigQuery, Snowflake, Redshift and MySQL; such a word needs quotes in at least one of them.

const WORDS: &str = "
    accessible account add aes128 aes256 all allowoverwrite alter analyse analyze and any array as asc
    assert_rows_changed asymmetric at authorization backup before between bigint binary blanksasnull blob both
    by bytedict call cascade case cast change char character check collate collation column concurrently
    condition connection constraint contains continue convert create credentials cross cube cume_dist current
    current_catalog current_date current_role current_schema current_time current_timestamp current_user cursor
    database databases dec decimal declare default deferrable define deflate defrag delayed delete delta
    dense_rank desc describe deterministic disable distinct div do double drop dual each else elseif empty
    emptyasnull enable enclosed encode encrypt encryption end enum escape escaped except exclude exists exit
    explain explicit extract false fetch first_value float following for force foreign freeze from full fulltext
    function generated get grant group grouping groups gscluster gzip hash having identity if ignore ilike in
    increment index infile initially inner inout insensitive insert int integer intersect interval into is
    isnull issue iterate join key keys kill lag language last_value lateral lead leading leave left like limit
    linear lines load localtime localtimestamp lock long lookup loop lzo match merge minus mod modifies natural
    new no not notnull nth_value ntile null nulls numeric of offline offset oid old on only open optimize option
    or order organization out outer over overlaps parallel partition percent percent_rank permissions pivot
    placing preceding precision primary procedure proto purge qualify range rank raw read readratio reads real
    recover recursive references regexp rejectlog release rename repeat replace require resort respect restore
    restrict return returning revoke right rlike rollup row row_number rows sample schema select separator
    session_user set show signal similar smallint snapshot some spatial specific sql ssl start starting stored
    struct symmetric sysdate system system_user table tablesample tag terminated then timestamp to top trailing
    treat trigger true truncatecolumns try_cast unbounded undo union unique unlock unnest unpivot unsigned
    update usage use user using values varchar variadic varying verbose view virtual wallet when whenever where
    while window with within without write xor zerofill
";

/// Why some warehouse takes this name in quotes only; none where all take it as it is.
pub fn needs_quotes(name: &str) -> Option<&'static str> {
    if !name.is_ascii() {
        return Some("it has letters that are not ASCII");
    }
    if name.contains(|c: char| c.is_ascii_uppercase()) {
        return Some("it has upper-case letters");
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_word) {
        return Some("it is not letters, digits and underscores");
    }
    WORDS.split_ascii_whitespace().any(|word| word == name).then_some("it is a reserved word of SQL")
}
