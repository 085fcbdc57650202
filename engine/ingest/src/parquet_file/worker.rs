//! Where the decoder runs: in a child process with limits of its own, or in a thread.
//!
//! The child is the program itself, started with two hidden arguments: what it is to be, and how it is to go about it. Its
//! standard input is the file itself where that lies on the disk by itself, else a pipe that it reads to the end. It
//! writes messages to its standard output, each after its length; neither side writes while the other does, so no pipe can
//! block both.

use super::decode::{Message, Plan, decode};
use super::stored::Stored;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};

/// The argument that makes the program call [`serve`].
pub const WORKER_ARGUMENT: &str = "decode-worker";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Memory that the child may take.
#[cfg(unix)]
const CHILD_BYTES: u64 = 2 << 30;
/// A panic in a thread of this name is caught and becomes a problem of the batch.
const THREAD_NAME: &str = "decode";
/// Messages that wait between the thread and the reader.
const WAITING: usize = 64;
const MOST_MESSAGE_BYTES: u32 = 256 << 20;

/// Decodes hostile binary formats in child processes of this program from now on. It must call [`serve`] when its first
/// argument is [`WORKER_ARGUMENT`]. The first call counts; without one the decoders run in threads of this process.
pub fn decode_in(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// What the child is told, as its second argument.
#[derive(Serialize, Deserialize)]
struct Order {
    plan: Plan,
    /// Whether its standard input is the file itself, and no pipe.
    is_file: bool,
}

/// What the child process does: limits itself, reads one file from standard input, and writes its rows to standard output.
pub fn serve() -> io::Result<()> {
    let order = std::env::args().nth(2).and_then(|order| serde_json::from_str(&order).ok());
    let Order { plan, is_file } =
        order.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "there is no order to decode"))?;
    #[cfg(unix)]
    {
        rlimit::setrlimit(rlimit::Resource::AS, CHILD_BYTES, CHILD_BYTES)?;
        rlimit::setrlimit(rlimit::Resource::CPU, plan.seconds, plan.seconds)?;
    }
    // A panic is told as a message; on the terminal it would only alarm.
    std::panic::set_hook(Box::new(|_| {}));
    let stored = if is_file {
        Stored::on_disk(standard_input()?)?
    } else {
        let mut held = Vec::new();
        io::stdin().lock().read_to_end(&mut held)?;
        Stored::Held(held.into())
    };
    let mut output = BufWriter::new(io::stdout().lock());
    decode(stored, plan, &mut |message| write(&mut output, &message).is_ok());
    output.flush()
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
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

/// A file to decode: its bytes, or itself.
pub(super) enum Input<'b> {
    Held(&'b [u8]),
    File(File),
}

impl Source {
    pub(super) fn start(input: Input<'_>, plan: Plan) -> Result<Self, String> {
        match PROGRAM.get() {
            Some(program) => Self::in_child(program, input, plan).map_err(|error| {
                format!("the process that decodes it cannot be started ({error}); check that the program can run itself")
            }),
            None => Self::in_thread(input, plan).map_err(|error| format!("it cannot be read: {error}")),
        }
    }

    fn in_thread(input: Input<'_>, plan: Plan) -> io::Result<Self> {
        let stored = match input {
            Input::Held(bytes) => Stored::Held(bytes.to_vec().into()),
            Input::File(file) => Stored::on_disk(file)?,
        };
        let (sender, receiver) = sync_channel(WAITING);
        let run = move || decode(stored, plan, &mut |message| sender.send(message).is_ok());
        std::thread::Builder::new().name(THREAD_NAME.into()).spawn(run)?;
        Ok(Self::Thread(receiver))
    }

    fn in_child(program: &PathBuf, input: Input<'_>, plan: Plan) -> io::Result<Self> {
        let is_file = matches!(input, Input::File(_));
        let (standard_input, held) = match input {
            Input::File(file) => (Stdio::from(file), None),
            Input::Held(bytes) => (Stdio::piped(), Some(bytes)),
        };
        let order = serde_json::to_string(&Order { plan, is_file }).map_err(io::Error::other)?;
        let mut command = Command::new(program);
        command.args([WORKER_ARGUMENT, &order]);
        command.stdin(standard_input).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        if let (Some(bytes), Some(mut pipe)) = (held, child.stdin.take()) {
            // A child that ends early says why by how it ends.
            let _ = pipe.write_all(bytes);
        }
        let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no pipe"))?;
        Ok(Self::Child { child, output: BufReader::new(output) })
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
