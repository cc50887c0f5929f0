// Preloaded by `--plant leak`: a gateway that keeps what it should let go of, some 10 MiB a minute.
const kept = [];
setInterval(() => kept.push(Buffer.alloc(32 * 1024, 1)), 200).unref();
