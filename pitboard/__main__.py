"""`pitboard`: run a command and turn its errors into one line."""

import sys


def main() -> None:
    """Exit with 0, 2 after a mistake that a person can mend, 130 after Ctrl-C."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of one command line."""
    # Loading takes most of a short command's time; `main` catches a Ctrl-C meanwhile.
    import typer  # noqa: PLC0415

    from pitboard import cli, config, signals  # noqa: PLC0415
    from pitboard.contract.errors import LinkLost, LinkRefused, SettingsError  # noqa: PLC0415

    try:
        code = cli.command().main(arguments, prog_name="pitboard", standalone_mode=False)
    except typer.TyperException as exc:
        return _fail(config.usage_error(exc))
    except SettingsError as exc:
        return _fail(str(exc))
    except LinkRefused as exc:
        return _fail(f"{exc}: use the credentials of another (--credentials)")
    except LinkLost as exc:
        return _fail(f"{exc}; start a broker there or correct --broker (`pitboard doctor` helps)")
    except (KeyboardInterrupt, typer.Abort):
        return signals.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; Python would complain once more at exit.
        sys.stdout = None
        return 1
    return code if isinstance(code, int) else 0


def _fail(text: str) -> int:
    """One line, whatever a path or an argument that it quotes consists of."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(text.split()))
    print(f"pitboard: {line}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    main()
