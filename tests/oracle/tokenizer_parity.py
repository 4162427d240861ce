#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Strata's tokenizer beside Hugging Face `tokenizers`, with the pre-tokenizers that the models' tokenizer.json files have.

  tokenizer_parity.py compare --strata BINARY --corpus FILE... MODEL.gguf...   every corpus file with every model
  tokenizer_parity.py convert TOKENIZER.json PRE OUT.gguf                      a model of metadata only, for `compare`
  tokenizer_parity.py fixtures FOLDER     trains the small vocabularies of tests/unit/text/golden/small, with golden ids
  tokenizer_parity.py chat OUT.json PRE=FILE...   conversations as the chat templates of models (GGUF or Jinja) render them
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys

import gguf
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def bytes_only():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK_V3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
               r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
PRE_TOKENIZERS = {
    "qwen2": lambda: [split(WORDS % r"\p{N}"), bytes_only()],
    "llama-bpe": lambda: [split(WORDS % r"\p{N}{1,3}"), bytes_only()],
    "gpt-2": lambda: [pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "smollm": lambda: [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "deepseek-v3": lambda: [split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK_V3), bytes_only()],
}


def tokenizer(pre, vocabulary, merges):
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=pre == "llama-bpe"))
    made.pre_tokenizer = pre_tokenizers.Sequence(PRE_TOKENIZERS[pre]())
    made.decoder = decoders.ByteLevel()
    return made


def from_gguf(path):
    """Control tokens are left out: Strata's text is plain."""
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    vocabulary = {token: i for i, token in enumerate(tokens) if types[i] == NORMAL}
    made = tokenizer(fields["tokenizer.ggml.pre"].contents(), vocabulary, merges)
    ids = {}
    for i, token in enumerate(tokens):
        if types[i] == USER_DEFINED:
            made.add_tokens([AddedToken(token, normalized=False)])
            ids[made.token_to_id(token)] = i
    return lambda text: [ids.get(i, i) for i in made.encode(text, add_special_tokens=False).ids]


def write_gguf(path, pre, tokens, types, merges, **ids):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    for name, value in ids.items():
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def strata_ids(binary, model, file):
    done = subprocess.run([*binary.split(), "tokenize", "--model", str(model), "--file", str(file), "--json"], check=True, capture_output=True)
    return json.loads(done.stdout)["ids"]


def compare(arguments):
    different = 0
    for model in arguments.models:
        encode = from_gguf(model)
        for file in arguments.corpus:
            text = pathlib.Path(file).read_bytes().decode()
            theirs, ours = encode(text), strata_ids(arguments.strata, model, file)
            first = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), min(len(ours), len(theirs)))
            equal = ours == theirs
            different += not equal
            print(f"{pathlib.Path(model).name} {file}: {len(text.encode())} bytes, {len(theirs)} tokens, "
                  + ("equal" if equal else f"DIFFERENT from token {first} on"))
    return different


def convert(arguments):
    data = json.loads(pathlib.Path(arguments.json).read_text())
    model = data["model"]
    added = {token["id"]: token for token in data["added_tokens"]}
    names = {i: token for token, i in model["vocab"].items()} | {i: token["content"] for i, token in added.items()}
    tokens = [names.get(i, f"[PAD{i}]") for i in range(max(names) + 1)]

    def kind(i):
        if i not in added:
            return NORMAL
        text = added[i]["content"]
        return CONTROL if added[i]["special"] or text.startswith(("<|", "<｜")) else USER_DEFINED

    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    write_gguf(arguments.out, arguments.pre, tokens, [kind(i) for i in range(len(tokens))], merges)
    return 0


# What the small vocabularies are trained on: enough of each script that merges reach over every class of the expressions.
TRAINING = """def encode(self, text: str) -> list[int]:\n    return [self.vocab[token] for token in self.split(text)]\n
int main(int argc, char **argv) {\n\tfor (int i = 0; i < 1234567; ++i) printf("%d\\n", i);\n\treturn 0;\n}\n
I'm sure you're right, it's what we'll do; they'd HAVE'VE said so. DON'T WON'T can't.\r\n
Größe, naïve café, Œuvre. Привет, мир! Как дела? 你好，世界。这是一个测试。 こんにちは世界、テストです。 안녕하세요 세계
مرحبا بالعالم שלום עולם हिन्दी में परीक्षण ไทย 😀👍🏽 x == y != z <= 3.14159 ½ ² Ⅻ ٣٤ <tool> </tool> a\u00a0b\u3000c
"""
TEXTS = TRAINING.split("\n") + [
    TRAINING, "", " ", "\n", "\r\n\r\n", "\t\tx", "  two  spaces  ", " \n \n  x", "x   \n   y", "a\u180eb \u180e c", "a\u0085b\u2028c", "e\u0301e\u0301 \u0301x",
    "0123456789", "x12345y", "１２３４５", "'s 'S 'll 'LL 'Ll ''ve", "don't DON'T", "!!!hello ...world", "#include<x> $x @y", "<|im_end|><｜User｜>",
    "a" * 200, "ab" * 100, "=" * 100, " " * 100 + "x", "\n" * 50, "1" * 50, "<tool> x </tool>", "<tool", "x<tool>y</tool></tool>", "\u1c80\u1c81 𝐀𝐁 ǅ ʰ ª",
]

# Control tokens, and which begin and end a text.
CHATML = (["<|endoftext|>", "<|im_start|>", "<|im_end|>"], "<|endoftext|>", "<|im_end|>")
SPECIAL = {
    "llama-bpe": (["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], "<|begin_of_text|>", "<|eot_id|>"),
    "deepseek-v3": (["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"], "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
}
# Each begins with a system message: the default ones of some templates are not Strata's.
CONVERSATIONS = [
    [("system", "Be brief."), ("user", "Hi")],
    [("system", "Be brief."), ("user", "Hi <|im_end|><｜User｜>"), ("assistant", "Hello"), ("user", "Größe?\n\nTwo lines.")],
    [("system", " spaces "), ("user", "\n  indented\n\tcode\n"), ("assistant", "ok "), ("user", ""), ("assistant", "?"), ("user", "你好")],
]


def random_texts(count):
    source = random.Random(11)
    ranges = [(32, 126), (32, 126), (9, 13), (0xA0, 0x24F), (0x300, 0x36F), (0x400, 0x4FF), (0x600, 0x6FF), (0x900, 0x97F), (0x2000, 0x206F),
              (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xADFF), (0xFF01, 0xFF5E), (0x1F300, 0x1F64F)]
    for _ in range(count):
        words = []
        for _ in range(source.randint(1, 8)):
            first, last = source.choice(ranges)
            words.append("".join(chr(source.randint(first, last)) for _ in range(source.randint(1, 5))))
        yield source.choice(["", " ", "\n"]).join(words)


def fixtures(arguments):
    for pre in PRE_TOKENIZERS:
        untrained = Tokenizer(models.BPE())
        untrained.pre_tokenizer = pre_tokenizers.Sequence(PRE_TOKENIZERS[pre]())
        untrained.train_from_iterator([TRAINING] * 2, trainers.BpeTrainer(
            vocab_size=520, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        state = json.loads(untrained.to_str())["model"]
        vocabulary, merges = state["vocab"], [tuple(merge) for merge in state["merges"]]
        if pre == "llama-bpe":  # a token that no merge makes, found only as a whole word
            vocabulary["Ġwhole"] = len(vocabulary)
        tokens = [token for token, _ in sorted(vocabulary.items(), key=lambda entry: entry[1])]
        special, begin, end = SPECIAL.get(pre, CHATML)
        model = arguments.folder / f"{pre}.gguf"
        write_gguf(model, pre, tokens + special + ["<tool>", "</tool>"],
                   [NORMAL] * len(tokens) + [CONTROL] * len(special) + [USER_DEFINED] * 2, [" ".join(merge) for merge in merges],
                   bos=len(tokens) + special.index(begin), eos=len(tokens) + special.index(end))
        encode = from_gguf(model)
        rows = [{"text": text, "ids": encode(text)} for text in [*TEXTS, "a whole word", *random_texts(60)]]
        lines = ",\n".join(json.dumps(row) for row in rows)
        (arguments.folder / f"{pre}.json").write_text(f"[\n{lines}\n]\n")
    return 0


def chat(arguments):
    rows = []
    for entry in arguments.templates:
        pre, path = entry.split("=", 1)
        template = (gguf.GGUFReader(path).fields["tokenizer.chat_template"].contents() if path.endswith(".gguf")
                    else pathlib.Path(path).read_text())
        _, begin, end = SPECIAL.get(pre, CHATML)
        compiled = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)  # as transformers does
        for conversation in CONVERSATIONS:
            messages = [{"role": role, "content": content} for role, content in conversation]
            text = compiled.render(messages=messages, add_generation_prompt=True, bos_token=begin, eos_token=end)
            rows.append({"pre": pre, "messages": conversation, "text": text})
    arguments.out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compare")
    command.add_argument("--strata", required=True)
    command.add_argument("--corpus", nargs="+", required=True)
    command.add_argument("models", nargs="+")
    command.set_defaults(run=compare)
    command = commands.add_parser("convert")
    command.add_argument("json")
    command.add_argument("pre", choices=PRE_TOKENIZERS)
    command.add_argument("out")
    command.set_defaults(run=convert)
    command = commands.add_parser("fixtures")
    command.add_argument("folder", type=pathlib.Path)
    command.set_defaults(run=fixtures)
    command = commands.add_parser("chat")
    command.add_argument("out", type=pathlib.Path)
    command.add_argument("templates", nargs="+")
    command.set_defaults(run=chat)
    arguments = parser.parse_args()
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
