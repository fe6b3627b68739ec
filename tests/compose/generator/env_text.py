"""Env files in all the spellings that Compose reads, and some that it refuses."""

from __future__ import annotations

from random import Random

__all__ = ["env_file", "raw_file"]


def env_file(random: Random, names: list[str], others: list[str], *, wrong: bool = False) -> str:
    """Lines that give some of the names values."""
    lines = ["# a comment", "", "   "]
    for name in names:
        other = random.choice(others)
        value = random.choice(
            [
                "plain", "two words", "with # comment", "no#comment", '"double quoted"', "'single $quoted'", '"esc\\n\\t\\"q\\""', "'it\\'s'",
                f"${{{other}}}", f"${other}", f"${{{other}:-dflt}}", f'"in ${{{other}}} quotes"', f"'${{{other}}}'", "a$$b", '"a\\$b"', "", '""', "''",
                '"two\nlines"', "'multi\nline'", "x=y", "trailing   ", '"#"', "\\n", '"\\0101"', '"\\012"', "a'b", 'a"b', "ü", f"${{{other}:+set}}", f"${{{other}-d}}$", '"x" # tail', "`cmd`", "http://h:1/p?q=1#f",
            ]
        )  # fmt: skip
        separator = random.choice(["=", "=", "=", " = ", ": ", "= "])
        lines.append(f"{random.choice(['', '', '', 'export ', '  '])}{name}{separator}{value}")
        if random.random() < 0.1:
            lines.append(
                random.choice(
                    [
                        "INHERITED",
                        f"export {other}",
                        "# x=1",
                        "   # y",
                        "9DIGIT=1",
                        "dotted.name=1",
                        "br[0]=1",
                    ]
                )
            )
    random.shuffle(lines)
    if wrong:
        lines.insert(
            random.randrange(len(lines)),
            random.choice(
                ["BAD NAME=1", 'OPEN="never closed', "we!rd=1", "A=${", "B=${UNSET_Q:?required}", "C D"]
            ),
        )
    text = random.choice(["\n", "\n", "\r\n"]).join(lines)
    return random.choice(["", "", "", "\ufeff"]) + text + random.choice(["\n", "\n", ""])


def raw_file(random: Random) -> str:
    """Lines in the format `raw`."""
    return (
        "\n".join(
            random.sample(
                ["R1=a b # c", "R2='q'", "R3=${X}", "# no", "", "R4=", "HOME_LIKE", "  R5=x  ", 'R6="d"'], 5
            )
        )
        + "\n"
    )
