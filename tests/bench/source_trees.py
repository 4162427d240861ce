# SPDX-License-Identifier: Apache-2.0
"""Real source trees to measure on, fetched once into a cache folder: Debian source packages and PyPI distributions."""
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options)


def unpack(archive, folder):
    """What lies in the one folder of an archive; tar itself would need xz, which Strata's root has not."""
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            _, _, member.name = member.name.removeprefix("./").partition("/")
            if member.islnk():
                _, _, member.linkname = member.linkname.removeprefix("./").partition("/")
            if member.name:
                tar.extract(member, folder, filter="tar")


def _source_lists():
    """The machine's own package lists as lists of sources."""
    lines = []
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        text = path.read_text()
        # Security archives drop their sources; the release keeps them.
        if path.suffix == ".sources":
            stanzas = [part for part in re.split(r"\n\s*\n", text) if "security" not in part]
            lines.append(("sources", re.sub(r"(?m)^Types:.*", "Types: deb-src", "\n\n".join(stanzas) + "\n")))
        elif path.suffix == ".list":
            lines.append(("list", "".join(f"deb-src{line[3:]}\n" for line in text.splitlines()
                                          if line.startswith("deb ") and "security" not in line)))
    return lines


def debian(package, cache):
    """The unpacked source package, without Debian's own folder; a plain folder, no repository."""
    target = cache / package
    if target.is_dir():
        return target
    apt = cache / "apt"
    parts = apt / "sources"
    for folder in (parts, apt / "lists/partial", apt / "cache/archives/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    for number, (suffix, text) in enumerate(_source_lists()):
        (parts / f"{number}.{suffix}").write_text(text)
    options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}",
               "-o", f"Dir::State::lists={apt}/lists", "-o", f"Dir::Cache={apt}/cache", "-o", "APT::Sandbox::User=root"]
    work = cache / f"{package}.partial"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run("apt-get", *options, "-qq", "update")
    run("apt-get", *options, "-qq", "source", "--download-only", package, cwd=work)
    archive = next(path for path in work.iterdir() if ".orig.tar." in path.name and not path.name.endswith(".asc"))
    unpack(archive, work / "tree")
    (work / "tree").rename(target)
    shutil.rmtree(work)
    print(f"{package}: {archive.name}", file=sys.stderr)
    return target


def pypi(requirement, cache):
    """The unpacked source distribution, for example of "flask==3.0.3"."""
    target = cache / requirement.replace("==", "-")
    if target.is_dir():
        return target
    work = cache / f"{target.name}.partial"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", requirement.split("==")[0],
        "-d", work, requirement)
    archive = next(work.glob("*.tar.gz"))
    unpack(archive, work / "tree")
    (work / "tree").rename(target)
    shutil.rmtree(work)
    return target


def count_lines(tree):
    return sum(path.read_bytes().count(b"\n") for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
