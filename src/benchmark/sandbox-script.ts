/**
 * What the sandbox's Python runs before it runs a model's. Standard library only; its stdin is the job, its stdout the
 * verdict, one JSON object each:
 *
 * - job `{code, assertions, seconds, each_seconds, memory_bytes, processes, file_bytes}`
 * - verdict `{passed: [bool, ...]}`, or `{refused: why}` where the machine does not allow the isolation
 *
 * The model's code sees namespaces of its own (user, mount, PID, network without an interface, IPC, UTS), a root of its own
 * with only the interpreter and the system's libraries, read-only, and a small file system in memory; no /proc, no
 * /dev, no /run, no home. It has no capability and cannot gain one. The first process of its PID namespace is ours: when
 * that ends, for whatever reason, the kernel kills all that is left inside.
 */
export const sandboxScript = String.raw`
import ctypes, json, os, resource, select, signal, sys, time

libc = ctypes.CDLL(None, use_errno=True)
SIGKILL = signal.SIGKILL
NS, IPC, UTS, USER, PID, NET = 0x20000, 0x8000000, 0x4000000, 0x10000000, 0x20000000, 0x40000000
BIND, REC, PRIVATE, NOSUID, NODEV, DETACH = 4096, 16384, 1 << 18, 2, 4, 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
NOBODY = 65534

def call(what, result):
    if result != 0:
        raise OSError(ctypes.get_errno(), what + ": " + os.strerror(ctypes.get_errno()))

class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]

def mount(source, target, kind, flags, data=None):
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    call("mount " + target, libc.mount(encoded[0], encoded[1], encoded[2], flags, encoded[3]))

def read_only(target):
    attributes = MountAttr(1 | 2 | 4, 0, 0, 0)
    call("mount_setattr", libc.syscall(442, -100, os.fsencode(target), 0x8000, ctypes.byref(attributes), 32))

def die_with_parent():
    # A change of rights revokes it, so it is said again after each.
    call("prctl", libc.prctl(1, SIGKILL, 0, 0, 0))

def needed():
    """The folders that hold the interpreter and its libraries, none inside another."""
    found = ["/usr", "/lib", "/lib64", "/bin"] + [sys.prefix, sys.base_prefix, sys.exec_prefix]
    real = sorted({os.path.realpath(path) for path in found if os.path.isdir(path)}, key=len)
    kept = []
    for path in real:
        if not any(path == other or path.startswith(other + "/") for other in kept):
            kept.append(path)
    links = [path for path in found[:4] if os.path.islink(path)]
    return kept, links

def own_root(job):
    folders, links = needed()
    places = [p for p in ("/mnt", "/srv", "/media", "/opt", "/tmp") if os.path.isdir(p)]
    root = next(p for p in places if not any(f == p or f.startswith(p + "/") for f in folders))
    mount(None, "/", None, REC | PRIVATE)
    mount("none", root, "tmpfs", NOSUID | NODEV, "mode=0755,size=%d,nr_inodes=4096" % job["file_bytes"])
    for folder in folders:
        os.makedirs(root + folder, exist_ok=True)
        mount(folder, root + folder, None, BIND | REC)
        read_only(root + folder)
    for link in links:
        os.symlink(os.readlink(link), root + link)
    os.mkdir(root + "/tmp")
    os.chmod(root + "/tmp", 0o1777)
    os.chdir(root)
    call("pivot_root", libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"."))
    call("umount", libc.umount2(b".", DETACH))
    os.chdir("/tmp")

def give_up_rights():
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    none = (ctypes.c_uint32 * 6)()
    call("capset", libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), none))
    call("prctl", libc.prctl(38, 1, 0, 0, 0))
    call("prctl", libc.prctl(4, 0, 0, 0, 0))
    die_with_parent()

def limit(job):
    def bound(which, value):
        resource.setrlimit(which, (value, value))
    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_NOFILE, 64)
    bound(resource.RLIMIT_FSIZE, job["file_bytes"])
    bound(resource.RLIMIT_CPU, int(job["seconds"]) + 1)
    bound(resource.RLIMIT_AS, job["memory_bytes"])
    bound(resource.RLIMIT_NPROC, job["processes"])

def assertion_holds(job, assertion, null, deadline):
    reading, writing = os.pipe()
    word = os.urandom(16)
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            kept = os.dup2(writing, 9)
            os.closerange(3, 9)
            os.closerange(10, 256)
            limit(job)
            scope = {"__name__": "solution", "__builtins__": __builtins__}
            exec(compile(job["code"], "solution", "exec"), scope)
            exec(compile(assertion, "assertion", "exec"), scope)
            os.write(kept, word)
        except BaseException:
            pass
        finally:
            os._exit(0)
    os.close(writing)
    said = b""
    ended = os.pidfd_open(child)
    end = min(deadline, time.monotonic() + job["each_seconds"])
    while len(said) < len(word) and end > time.monotonic():
        # Its own end counts, not that of processes which it left behind with the pipe open.
        ready = select.select([reading, ended], [], [], end - time.monotonic())[0]
        piece = os.read(reading, len(word) - len(said)) if reading in ready else b""
        if not piece:
            break
        said += piece
    os.close(reading)
    os.close(ended)
    # Whatever the code started goes with it.
    try:
        os.kill(-1, SIGKILL)
    except ProcessLookupError:
        pass
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
    return said == word

def first_process(job, null):
    own_root(job)
    give_up_rights()
    deadline = time.monotonic() + job["seconds"]
    return [time.monotonic() < deadline and assertion_holds(job, one, null, deadline) for one in job["assertions"]]

def say(verdict):
    os.write(1, json.dumps(verdict).encode())

def refused(fault):
    say({"refused": str(fault)[:300]})
    os._exit(0)

def inside(job, null, ready, go):
    call("unshare", libc.unshare(USER | NS | PID | NET | IPC | UTS))
    die_with_parent()
    os.write(ready, b"1")
    if os.read(go, 1) != b"1":
        os._exit(1)
    child = os.fork()
    if child == 0:
        try:
            say({"passed": first_process(job, null)})
        except Exception as fault:
            refused(fault)
        os._exit(0)
    os.waitpid(child, 0)

def write(path, text):
    with open(path, "w") as file:
        file.write(text)

def main():
    die_with_parent()
    job = json.loads(sys.stdin.buffer.read())
    null = os.open("/dev/null", os.O_RDWR)
    uid, gid = os.geteuid(), os.getegid()
    ready_in, ready = os.pipe()
    go, go_out = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            inside(job, null, ready, go)
        except Exception as fault:
            refused(fault)
        os._exit(0)
    os.close(ready)
    if os.read(ready_in, 1) == b"1":
        try:
            # The limit of processes does not bind root: there the code runs as nobody, who is mapped as well.
            if uid == 0:
                write("/proc/%d/uid_map" % child, "0 0 1\n%d %d 1\n" % (NOBODY, NOBODY))
                write("/proc/%d/gid_map" % child, "0 %d 1\n%d %d 1\n" % (gid, NOBODY, NOBODY))
            else:
                write("/proc/%d/setgroups" % child, "deny")
                write("/proc/%d/uid_map" % child, "%d %d 1\n" % (NOBODY, uid))
                write("/proc/%d/gid_map" % child, "%d %d 1\n" % (NOBODY, gid))
            os.write(go_out, b"1")
        except OSError as fault:
            os.kill(child, SIGKILL)
            refused(fault)
    os.waitpid(child, 0)

try:
    main()
except Exception as fault:
    refused(fault)
`;
