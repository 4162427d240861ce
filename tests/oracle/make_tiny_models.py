#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tiny random models of every family, with the logits that Hugging Face transformers computes for them.

  tests/oracle/make_tiny_models.py tests/oracle/fixtures        (packages: requirements.txt)

For each family: NAME.gguf (weights rounded to f16, so that both sides hold the same numbers), NAME.tokens (u32) and
NAME.logits (f32, all positions). Oracle: transformers in float32, eager attention.
"""
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers as hf

VOCABULARY, WIDTH, LAYERS, HEADS, KV_HEADS, FEED_FORWARD, CONTEXT, TOKENS = 272, 64, 3, 4, 2, 96, 512, 40


def common():
    return dict(vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=FEED_FORWARD, num_hidden_layers=LAYERS,
                num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, max_position_embeddings=CONTEXT,
                attn_implementation="eager", initializer_range=0.2)


def families():
    llama3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}
    yarn = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 128}
    plain = {"rope_type": "default", "rope_theta": 10000.0}
    yield "llama", hf.LlamaForCausalLM, hf.LlamaConfig(**common(), rope_parameters=plain, tie_word_embeddings=True)
    yield "llama3", hf.LlamaForCausalLM, hf.LlamaConfig(**common(), rope_parameters=llama3, tie_word_embeddings=False)
    yield "qwen2", hf.Qwen2ForCausalLM, hf.Qwen2Config(**common(), rope_parameters=plain, tie_word_embeddings=True)
    yield "qwen2-yarn", hf.Qwen2ForCausalLM, hf.Qwen2Config(**common(), rope_parameters=yarn, tie_word_embeddings=True)
    yield "qwen3", hf.Qwen3ForCausalLM, hf.Qwen3Config(**common(), head_dim=32, rope_parameters=plain, tie_word_embeddings=False)


def permute(weight, heads):
    """GGUF's llama has the two halves of a rotation side by side."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def byte_characters():
    printable = [*range(ord("!"), ord("~") + 1), *range(0xa1, 0xad), *range(0xae, 0x100)]
    others = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(others)) for b in range(256)]


def write(name, model, config, folder):
    arch = "llama" if name.startswith("llama") else name.split("-")[0]
    out = gguf.GGUFWriter(folder / f"{name}.gguf", arch)
    out.add_name(f"tiny {name}")
    out.add_block_count(LAYERS)
    out.add_context_length(CONTEXT)
    out.add_embedding_length(WIDTH)
    out.add_feed_forward_length(FEED_FORWARD)
    out.add_head_count(HEADS)
    out.add_head_count_kv(KV_HEADS)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    head_dim = getattr(config, "head_dim", None) or WIDTH // HEADS
    out.add_key_length(head_dim)
    out.add_value_length(head_dim)
    rope = config.rope_parameters
    out.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "yarn":
        out.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        out.add_rope_scaling_factor(rope["factor"])
        out.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "llama3":
        inverse = 10000.0 ** (-np.arange(0, head_dim, 2) / head_dim)
        wave = 2 * np.pi / inverse
        low, high = (rope["original_max_position_embeddings"] / rope[k] for k in ("low_freq_factor", "high_freq_factor"))
        smooth = (rope["original_max_position_embeddings"] / wave - rope["low_freq_factor"]) / (
            rope["high_freq_factor"] - rope["low_freq_factor"])
        factors = np.where(wave < high, 1.0, np.where(wave > low, rope["factor"], 1 / ((1 - smooth) / rope["factor"] + smooth)))
        out.add_tensor("rope_freqs.weight", factors.astype(np.float32))
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    tokens = byte_characters() + ["th"] + [f"<|{i}|>" for i in range(VOCABULARY - 257)]
    out.add_token_list(tokens)
    out.add_token_types([gguf.TokenType.NORMAL] * 257 + [gguf.TokenType.CONTROL] * (VOCABULARY - 257))
    out.add_token_merges(["t h"])
    out.add_eos_token_id(257)
    names = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
             "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
             "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"}
    for key, value in model.state_dict().items():
        array = value.numpy()
        if key == "model.embed_tokens.weight":
            target = "token_embd.weight"
        elif key == "model.norm.weight":
            target = "output_norm.weight"
        elif key == "lm_head.weight":
            if config.tie_word_embeddings:
                continue
            target = "output.weight"
        else:
            _, _, layer, *middle, kind = key.split(".")
            target = f"blk.{layer}.{names['.'.join(middle)]}.{kind}"
            if arch == "llama" and "attn_q." in target:
                array = permute(array, HEADS)
            if arch == "llama" and "attn_k." in target:
                array = permute(array, KV_HEADS)
        out.add_tensor(target, array.astype(np.float16 if array.ndim == 2 else np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, kind, config in families():
        torch.manual_seed(11)
        model = kind(config).float().eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 1:  # norms and biases start as ones and zeros, which would hide mistakes
                    parameter.add_(0.3 * torch.randn_like(parameter))
                else:
                    parameter.copy_(parameter.half().float())
            tokens = torch.randint(0, 256, (1, TOKENS))
            logits = model(tokens).logits[0]
        write(name, model, config, folder)
        tokens[0].numpy().astype(np.uint32).tofile(folder / f"{name}.tokens")
        logits.numpy().astype(np.float32).tofile(folder / f"{name}.logits")
        print(name, float(logits.std()))


if __name__ == "__main__":
    main()
