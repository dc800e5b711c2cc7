"""Compiles every .cu beside this file with NVRTC into a directory: NAME.ptx (compute_80), NAME.sm_90.cubin, and kernels.json.

usage: build.py DIRECTORY [NAME ...]      without names all; -v prints registers and spills
"""
import ctypes
import glob
import hashlib
import json
import os
import re
import sys

PTX, CUBIN = "compute_80", "sm_90"
TYPES = {"int": 4, "float": 4}  # everything else is a pointer
HERE = os.path.dirname(os.path.abspath(__file__))


def nvrtc():
    """The library from the package nvidia-cuda-nvrtc-cu12; it finds its builtins beside itself."""
    for base in sys.path:
        found = glob.glob(os.path.join(base, "nvidia", "cuda_nvrtc", "lib", "libnvrtc.so.12"))
        if found:
            ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(found[0]), "libnvrtc-builtins.so.12*"))[0])
            return ctypes.CDLL(found[0])
    sys.exit("build.py: package nvidia-cuda-nvrtc-cu12 is not installed; run build.sh")


def text_of(lib, program, size, get):
    n = ctypes.c_size_t()
    size(program, ctypes.byref(n))
    buffer = ctypes.create_string_buffer(n.value)
    get(program, buffer)
    return buffer.raw


def compile_one(lib, path, arch, verbose):
    with open(path, "rb") as f:
        source = f.read()
    program = ctypes.c_void_p()
    lib.nvrtcCreateProgram(ctypes.byref(program), source, os.path.basename(path).encode(), 0, None, None)
    options = ["--gpu-architecture=" + arch, "--std=c++17", "-I" + HERE] + (["--ptxas-options=-v"] if verbose else [])
    code = lib.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*[o.encode() for o in options]))
    log = text_of(lib, program, lib.nvrtcGetProgramLogSize, lib.nvrtcGetProgramLog).rstrip(b"\0").decode()
    if log and (verbose or code):
        print(log)
    if code:
        sys.exit("build.py: %s for %s does not compile" % (path, arch))
    if arch.startswith("sm_"):
        return text_of(lib, program, lib.nvrtcGetCUBINSize, lib.nvrtcGetCUBIN)
    return text_of(lib, program, lib.nvrtcGetPTXSize, lib.nvrtcGetPTX).rstrip(b"\0")


def sources():
    return sorted(glob.glob(os.path.join(HERE, "*.cu")) + glob.glob(os.path.join(HERE, "*.cuh")))


def digest():
    """SHA-256 over names and contents of all sources, in the order of names."""
    sha = hashlib.sha256()
    for path in sorted(sources(), key=os.path.basename):
        with open(path, "rb") as f:
            content = f.read()
        sha.update(os.path.basename(path).encode() + b"\0" + str(len(content)).encode() + b"\0" + content)
    return sha.hexdigest()


def kernels(path, ptx):
    """Names and parameters of a module: names as compiled, parameter names from the source's KERNEL lines."""
    source = re.sub(r"\\\n", " ", open(path).read())
    patterns = []
    for name, parameters in re.findall(r"KERNEL\([^,]+,[^,]+,\s*([\w#]+)\)\s*\(([^)]*)\)", source):
        expression = "".join(r"\w+" if i % 2 else part for i, part in enumerate(re.split(r"##(T|NAME|COLUMNS)(?:##)?", name)))
        patterns.append((re.compile(expression + "$"), [p.strip() for p in re.sub(r"\s+", " ", parameters).split(",")]))
    out = []
    for name, declared in re.findall(r"\.visible \.entry (\w+)\(([^)]*)\)", ptx):
        count = len(re.findall(r"\.param", declared))
        match = [p for regex, p in patterns if regex.match(name)]
        if len(match) != 1 or len(match[0]) != count:
            sys.exit("build.py: cannot find the parameters of %s in %s" % (name, path))
        parameters = []
        for p in match[0]:
            kind, parameter = p.rsplit(" ", 1)
            parameters.append({"name": parameter, "type": kind if kind in TYPES else "pointer"})
        out.append({"name": name, "module": os.path.basename(path)[:-3], "parameters": parameters})
    return out


def main():
    verbose = "-v" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    target, names = arguments[0], arguments[1:]
    os.makedirs(target, exist_ok=True)
    lib = nvrtc()
    index = []
    for path in sources():
        module, extension = os.path.splitext(os.path.basename(path))
        if extension != ".cu":
            continue
        ptx_file = os.path.join(target, module + ".ptx")
        if not names or module in names:
            for arch, name in ((PTX, module + ".ptx"), (CUBIN, "%s.%s.cubin" % (module, CUBIN))):
                with open(os.path.join(target, name), "wb") as f:
                    f.write(compile_one(lib, path, arch, verbose and arch == CUBIN))
            print("built", module, flush=True)
        index += kernels(path, open(ptx_file).read())
    document = {"sources": digest(), "compiler": "NVRTC 12.0.140", "ptx": "8.0", "target": PTX, "binary": CUBIN,
                "kernels": sorted(index, key=lambda k: k["name"])}
    with open(os.path.join(target, "kernels.json"), "w") as f:
        f.write("{\n" + "".join('  "%s": "%s",\n' % (k, document[k]) for k in ("sources", "compiler", "ptx", "target", "binary")) + '  "kernels": [\n')
        f.write(",\n".join("    " + json.dumps(k) for k in document["kernels"]) + "\n  ]\n}\n")


main()
