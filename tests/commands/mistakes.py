"""What every mistake on the command line comes to."""

from dsnmf.commands.main import main


def assert_mistake_is_one_line(words, message, capsys, folder):
    """Exit code 2, one line with this message, and no file written to the folder."""
    before = sorted(folder.iterdir())
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    err = capsys.readouterr().err
    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert sorted(folder.iterdir()) == before
