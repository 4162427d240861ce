# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible server on loopback that answers as a list of behaviours says, one for each request; the last one
stays. What it was sent is kept in `requests`."""
import http.server
import json
import re
import threading


def chunk(delta, finish=None, **more):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def call(name, arguments, id="call_0"):
    """Chunks of a call, its arguments in two pieces, as servers stream them."""
    text = json.dumps(arguments)
    return [chunk({"tool_calls": [{"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": text[:5]}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": text[5:]}}]}), chunk({}, "tool_calls")]


def words(text):
    return [chunk({"role": "assistant"})] + [chunk({"content": w}) for w in re.findall(r"\S+\s*", text)] + [
        chunk({}, "stop"), {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 3,
                                                     "prompt_tokens_details": {"cached_tokens": 16}}}]


class Server:
    """`with Server([...]) as url`. A behaviour is a list of chunks (streamed, then [DONE]), a tuple (status, body, headers),
    or a function of the handler."""

    def __init__(self, behaviours):
        self.behaviours, self.requests, self.keys = list(behaviours), [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def stream(self, chunks, done=True):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for one in chunks:
                    data = one if isinstance(one, str) else json.dumps(one)
                    self.wfile.write(f": still here\n\ndata: {data}\r\n\r\n".encode())
                    self.wfile.flush()
                if done:
                    self.wfile.write(b"data: [DONE]\n\n")

            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"data": [{"id": "served-7b"}]}')

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append(body)
                outer.keys.append(self.headers.get("Authorization"))
                behaviour = outer.behaviours.pop(0) if len(outer.behaviours) > 1 else outer.behaviours[0]
                try:
                    if callable(behaviour):
                        behaviour(self)
                    elif isinstance(behaviour, list):
                        self.stream(behaviour)
                    else:
                        status, text, headers = behaviour
                        self.send_response(status)
                        for name, value in headers.items():
                            self.send_header(name, value)
                        self.end_headers()
                        self.wfile.write(text.encode())
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client had enough

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
