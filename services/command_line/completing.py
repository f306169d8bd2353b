"""How does a shell complete our commands?"""

from typing import Literal

from services.command_line.output import write_text


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Write a shell's completion script; for bash: eval "$(safeguarding completion bash)".

    Parameters
    ----------
    shell
        The shell it is for.
    """
    from services.command_line import application

    write_text(application([]).generate_completion(shell=shell))
    return 0
