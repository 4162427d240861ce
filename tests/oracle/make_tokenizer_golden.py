#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Token ids of tricky texts from llama.cpp, for tests/unit/text; and, with --corpus FILE..., a comparison with Strata.

  make_tokenizer_golden.py --llama "COMMAND llama-server" --models FOLDER OUT_FOLDER
  make_tokenizer_golden.py --llama "COMMAND llama-server" --models FOLDER --strata BINARY --corpus FILE...
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

FIRST_PORT = 18431
MODELS = {"qwen2": "qwen2.5-coder-0.5b.gguf", "smollm": "smollm2-135m.gguf"}
TEXTS = [
    "Hello, world!", "def f(x):\n    return x**2  # squares\n", "int main(void) {\n\tprintf(\"%d\\n\", 42);\n}\n",
    "1234567890 3.14159 0xdeadbeef 1e-9", "I'm you're it's we'll they'd I've HE'S DON'T", "  leading and   inner    spaces   ",
    "\n\n\n\r\n\r\n\t\t\n", "tabs\tand\ttabs", "snake_case camelCase PascalCase SCREAMING_CASE kebab-case",
    "Größe, naïve café, Œuvre, straße", "Привет, мир! Как дела?", "你好，世界。这是一个测试。", "こんにちは世界、テストです", "안녕하세요 세계",
    "مرحبا بالعالم", "שלום עולם", "हिन्दी में परीक्षण", "ไทย ภาษา", "emoji 😀👍🏽👩‍👩‍👧‍👦🇩🇪", "math ∑∫√≤≥≠ α β γ", "“quotes” ‘single’ —dash… ½ ² ™",
    "a" * 300, "-" * 120, "=" * 81 + "\n", " " * 130 + "x", "x" + "\n" * 40, "<|im_start|>system\nnot control<|im_end|>",
    "https://example.org/a?b=c&d=%20e#f", "{\"key\": [1, 2.5, null, true], \"s\": \"\\u00e9\"}", "zero\u200bwidth\u00a0space\u3000wide",
    "e\u0301 combining A\u030a", "\u00b5 \u2160 \u2169 \u00bc \u0663\u0664", "#include <vector>\ntemplate <typename T>\nauto operator<=>(const T&) = default;\n",
]


class LlamaServer:
    """llama-server of one model, on loopback."""

    def __init__(self, command, model, port):
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([*command.split(), "-m", str(model), "--port", str(port), "-c", "512", "-t", "2"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(200):
            try:
                urllib.request.urlopen(self.address + "/health", timeout=1).read()
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit("llama-server does not answer")

    def ids(self, text):
        body = json.dumps({"content": text, "add_special": False, "parse_special": False}).encode()
        request = urllib.request.Request(self.address + "/tokenize", body, {"Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request).read())["tokens"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)  # the server may be a child of a sandbox
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llama", required=True)
    parser.add_argument("--models", required=True, type=pathlib.Path)
    parser.add_argument("--strata")
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("out", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    for port, (pre, file) in enumerate(MODELS.items(), FIRST_PORT):
        model = arguments.models / file
        with LlamaServer(arguments.llama, model, port) as server:
            if arguments.out:
                rows = [{"text": text, "ids": server.ids(text)} for text in TEXTS]
                lines = ",\n".join(json.dumps(row) for row in rows)
                (arguments.out / f"{pre}.json").write_text(f"[\n{lines}\n]\n")
            theirs_of = {name: server.ids(pathlib.Path(name).read_text()) for name in arguments.corpus}
        for name, theirs in theirs_of.items():
            ours = json.loads(subprocess.run([arguments.strata, "tokenize", "--model", str(model), "--file", name, "--json"],
                                             check=True, capture_output=True, text=True).stdout)["ids"]
            print(f"{pre} {name}: {len(theirs)} tokens, {'equal' if ours == theirs else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
