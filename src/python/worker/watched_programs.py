"""Knows programs that only read what snowman can check."""

import os

# What git only reads, which is part of the tree's state.
_GIT = (
    "--version",
    "cat-file",
    "describe",
    "diff",
    "diff-index",
    "diff-tree",
    "for-each-ref",
    "grep",
    "log",
    "ls-files",
    "ls-tree",
    "merge-base",
    "name-rev",
    "rev-list",
    "rev-parse",
    "show",
    "show-ref",
    "status",
    "version",
    ("branch", "--show-current"),
    ("config", "--get"),
    ("remote", "-v"),
    ("remote", "get-url"),
)

# How arguments begin with which git writes, or reads the clock or files that it ignores, and what is in them.
_GIT_REFUSED = (
    "--after",
    "--before",
    "--date=human",
    "--date=relative",
    "--ignored",
    "--no-index",
    "--others",
    "--output",
    "--relative-date",
    "--since",
    "--until",
)
_GIT_CLOCK = ("@{", "%ah", "%ar", "%ch", "%cr")

# Those of them that compare the tracked files with what is checked out, and those that may also see others.
_TRACKED_FILES = ("describe", "diff", "diff-index")
_WHOLE_TREE = ("grep", "status")

# The options with which `git ls-files` does not.
_LISTING = ("--", "--cached", "--error-unmatch", "--full-name", "--stage", "-c", "-s", "-v", "-z")

# What `lsb_release` reads, apart from itself.
_RELEASE_FILES = ("/etc/debian_version", "/etc/lsb-release", "/etc/os-release", "/usr/lib/os-release")

# The compilers that `config.guess` looks for.
_COMPILERS = ("cc", "gcc", "c89", "c99")

# Whether a program has compared the working copy with what is checked out, or its tracked files.
read_whole_tree = False
read_tracked_files = False


def only_reads(name, words, folder, in_tree, reads, listed):
    """Returns whether a program that is started in a folder only reads what can be checked, and remembers what is not
    part of the tree."""
    # The standard library asks `file` about an interpreter.
    if name == "file" and words[:1] == ["-b"] and len(words) == 2:
        reads.add(os.path.join(folder, words[1]))
        return True
    # So does it look for libraries.
    if name == "ldconfig" and words == ["-p"]:
        reads.add("/etc/ld.so.cache")
        return True
    if name == "lsb_release":
        reads.update(_RELEASE_FILES)
        listed.add("/etc/lsb-release.d")
        _look_up([name], reads)
        return True
    # GNU's script prints what `uname` shows, and asks a compiler which C library there is.
    if name == "sh" and in_tree and len(words) == 1 and os.path.basename(words[0]) == "config.guess":
        reads.add(os.path.join(folder, words[0]))
        _look_up(_COMPILERS, reads)
        return True
    # What `uname` shows of the machine is known to snowman.
    return name == "uname" or name == "git" and in_tree and _git_only_reads(words)


def _look_up(programs, reads):
    """Remembers where programs are, and where they are not."""
    for folder in os.get_exec_path():
        reads.update(os.path.join(folder, program) for program in programs)


def _git_only_reads(words):
    """Returns whether git only reads the tree with these arguments."""
    global read_tracked_files, read_whole_tree
    if "-o" in words or any(word.startswith(_GIT_REFUSED) for word in words):
        return False
    if any(part in word for word in words for part in _GIT_CLOCK):
        return False
    while words[:1] in (["-c"], ["--no-pager"]):
        words = words[2:] if words[0] == "-c" else words[1:]
    options = [word for word in words[1:] if word.startswith("-")]
    if words[:1] == ["ls-files"] and not set(options).issubset(_LISTING) or words[:1] and words[0] in _WHOLE_TREE:
        read_whole_tree = True
    if words[:1] and words[0] in _TRACKED_FILES:
        read_tracked_files = True
    return words == ["remote"] or words[0:1] != [] and (words[0] in _GIT or tuple(words[:2]) in _GIT)
