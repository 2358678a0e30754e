"""When a run is refused although its rules say nothing of quality: no row of the orders counts, nobody is left, more than
half of an input's rows are set aside for another fault than a missing id, or no row of an event table is of a customer.

Reads the tables that `oracle.load_sql` has made.
"""

# Whether a bad row after the as-of is set aside is not for us to say, so each share has two ends.
IN_TIME = "(__time IS NULL OR __day <= DATE '{as_of}')"


def exit_codes(connection, rules, files, as_of):
    """The exit codes that a run may have: mostly one."""

    def count(what):
        return connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]

    def rows(paths):
        read = "SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata(?)"
        return connection.execute(read, [[str(path) for path in paths]]).fetchone()[0] if paths else 0

    sides = rules.sides
    if count("orders") == 0 or count("customers") == 0:
        return {3}
    in_time = IN_TIME.format(as_of=as_of)
    halves = []  # of each input: the rows that are read, the fewest and the most that are set aside
    for which, paths in enumerate([files, sides.second_files if sides else []]):
        bad = f"rejected WHERE __input = {which} AND __customer IS NOT NULL"
        halves.append((rows(paths), count(f"{bad} AND {in_time}"), count(bad)))
    if sides and sides.people:
        same = " AND ".join(f'p."{a}" IS NOT DISTINCT FROM o."{a}"' for a in sides.attributes) or "true"
        bad = count(f"people p JOIN one_each o USING (__customer) WHERE NOT ({same})")
        halves.append((rows(sides.people.files), bad, bad))
    for table in sides.events if sides else []:
        bad = count(f"{table.name}_bad WHERE __customer IS NOT NULL")
        halves.append((rows(table.files), bad, bad))
    allowed = {0}
    for read, fewest, most in halves:
        if fewest * 2 > read:
            return {3}
        if most * 2 > read:
            allowed.add(3)
    for table in sides.events if sides else []:
        if count(table.name) > 0:
            continue
        if count(f"{table.name}_strangers WHERE __day <= DATE '{as_of}'") > 0:
            return {3}
        if count(f"{table.name}_strangers") > 0:
            allowed.add(3)
    return allowed
