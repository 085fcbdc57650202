//! Where the decoder runs: in a child process with limits of its own, or in a thread.
//!
//! The child is the program itself, started with one hidden argument. It reads the plan and the file from its standard
//! input to the end, and writes messages to its standard output, each after its length; neither side writes while the
//! other does, so no pipe can block both.

use super::decode::{Message, Plan, decode};
use prost::bytes::Bytes;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};

/// The argument that makes the program call [`serve`].
pub const WORKER_ARGUMENT: &str = "decode-worker";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Memory that the child may take, and seconds that it may compute.
#[cfg(unix)]
const CHILD_BYTES: u64 = 2 << 30;
#[cfg(unix)]
const CHILD_SECONDS: u64 = 120;
/// A panic in a thread of this name is caught and becomes a problem of the batch.
const THREAD_NAME: &str = "decode";
/// Messages that wait between the thread and the reader.
const WAITING: usize = 64;
const MOST_MESSAGE_BYTES: u32 = 256 << 20;
const PLAN_BYTES: usize = 64;

/// Decodes hostile binary formats in child processes of this program from now on. It must call [`serve`] when its first
/// argument is [`WORKER_ARGUMENT`]. The first call counts; without one the decoders run in threads of this process.
pub fn decode_in(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// What the child process does: limits itself, reads one file from standard input, and writes its rows to standard output.
pub fn serve() -> io::Result<()> {
    #[cfg(unix)]
    {
        rlimit::setrlimit(rlimit::Resource::AS, CHILD_BYTES, CHILD_BYTES)?;
        rlimit::setrlimit(rlimit::Resource::CPU, CHILD_SECONDS, CHILD_SECONDS)?;
    }
    // A panic is told as a message; on the terminal it would only alarm.
    std::panic::set_hook(Box::new(|_| {}));
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let plan = input.get(..PLAN_BYTES).and_then(|plan| postcard::from_bytes(plan).ok());
    let plan =
        plan.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no plan came before the file"))?;
    let mut output = BufWriter::new(io::stdout().lock());
    decode(Bytes::from(input).slice(PLAN_BYTES..), plan, &mut |message| write(&mut output, &message).is_ok());
    output.flush()
}

fn write(output: &mut impl Write, message: &Message) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&bytes)
}

fn read(input: &mut impl Read) -> io::Result<Message> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MOST_MESSAGE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message that is too long"));
    }
    let mut bytes = Vec::new();
    input.take(length.into()).read_to_end(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

/// Where messages come from.
pub(super) enum Source {
    Thread(Receiver<Message>),
    Child { child: Child, output: BufReader<ChildStdout> },
}

impl Source {
    pub(super) fn start(file: &[u8], plan: Plan) -> Result<Self, String> {
        match PROGRAM.get() {
            Some(program) => Self::in_child(program, file, plan).map_err(|error| {
                format!("the process that decodes it cannot be started ({error}); check that the program can run itself")
            }),
            None => Ok(Self::in_thread(Bytes::copy_from_slice(file), plan)),
        }
    }

    pub(super) fn in_thread(file: Bytes, plan: Plan) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let run = move || decode(file, plan, &mut |message| sender.send(message).is_ok());
        // A thread that cannot be started drops the sender, which is reported like one that ended early.
        let _ = std::thread::Builder::new().name(THREAD_NAME.into()).spawn(run);
        Self::Thread(receiver)
    }

    fn in_child(program: &PathBuf, file: &[u8], plan: Plan) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(WORKER_ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let output = child.stdout.take().map(BufReader::new);
        let input = child.stdin.take();
        let (Some(output), Some(mut input)) = (output, input) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let mut head = postcard::to_stdvec(&plan).map_err(io::Error::other)?;
        head.resize(PLAN_BYTES, 0);
        // A child that ends early says why by how it ends.
        let _ = input.write_all(&head).and_then(|()| input.write_all(file));
        drop(input);
        Ok(Self::Child { child, output })
    }

    pub(super) fn next(&mut self) -> Option<Message> {
        match self {
            Self::Thread(receiver) => receiver.recv().ok(),
            Self::Child { output, .. } => read(output).ok(),
        }
    }

    /// Why no more messages come.
    pub(super) fn end(&mut self) -> String {
        match self {
            Self::Thread(_) => "the decoder ended before the file did".into(),
            Self::Child { child, .. } => match child.wait() {
                Ok(status) => format!(
                    "the process that decoded it was stopped ({status}); it may have reached its limits of memory or time"
                ),
                Err(error) => format!("the process that decoded it was lost ({error})"),
            },
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Self::Child { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
