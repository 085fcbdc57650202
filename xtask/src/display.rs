//! A display of its own, in memory, and pictures of it.

use crate::shell::{self, Running};
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The size of the window, which has no frame here.
pub(crate) const SCREEN: (u32, u32) = (1280, 800);

/// An X server that shows nothing to anybody.
pub(crate) struct Display {
    name: String,
    _server: Running,
}

impl Display {
    /// Starts one under the first number that is free, as large as the window is by itself; it is ready when this returns.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_of(SCREEN)
    }

    /// The same of another size, in pixels.
    pub(crate) fn start_of((width, height): (u32, u32)) -> anyhow::Result<Self> {
        let mut command = Command::new("Xvfb");
        let screen = format!("{width}x{height}x24");
        command.args(["-displayfd", "1", "-screen", "0", &screen, "+extension", "GLX", "-nolisten", "tcp"]);
        // Else it starts anew when its last client leaves, and who comes meanwhile finds no display.
        command.arg("-noreset");
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start Xvfb")?;
        let output = child.stdout.take().expect("piped above");
        let server = Running(child);
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        if number.trim().is_empty() {
            bail!("Xvfb ended before it had a display");
        }
        Ok(Self { name: format!(":{}", number.trim()), _server: server })
    }

    /// The command, to be run on this display and drawn by software.
    pub(crate) fn on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("DISPLAY", &self.name).env("LIBGL_ALWAYS_SOFTWARE", "1").env_remove("WAYLAND_DISPLAY")
    }

    /// Whether a window with this title is on the screen.
    pub(crate) fn shows(&self, title: &str) -> anyhow::Result<bool> {
        let mut search = Command::new("xdotool");
        search.args(["search", "--onlyvisible", "--name", title]).stderr(Stdio::null());
        let output = self.on(&mut search).output().context("cannot start xdotool")?;
        Ok(!output.stdout.is_empty())
    }

    /// Moves the pointer to a corner, where nothing lights up under it: farther than any screen is stopped at its edge.
    pub(crate) fn put_pointer_aside(&self) -> anyhow::Result<()> {
        shell::read(self.on(Command::new("xdotool").args(["mousemove", "0", "9999"])))?;
        Ok(())
    }

    /// Clicks on a pixel of the screen, and moves the pointer aside.
    pub(crate) fn click(&self, x: u32, y: u32) -> anyhow::Result<()> {
        let (x, y) = (x.to_string(), y.to_string());
        shell::read(self.on(Command::new("xdotool").args(["mousemove", &x, &y, "click", "1"])))?;
        self.put_pointer_aside()
    }

    /// Makes the window with this title as large as the screen.
    pub(crate) fn fill(&self, title: &str) -> anyhow::Result<()> {
        let mut search = Command::new("xdotool");
        search.args(["search", "--onlyvisible", "--name", title, "windowsize", "--sync", "100%", "100%"]);
        shell::read(self.on(&mut search))?;
        Ok(())
    }

    /// Types a text into the window that has the keyboard.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        shell::read(self.on(Command::new("xdotool").args(["type", "--delay", "40", text])))?;
        Ok(())
    }

    /// What of the window with this title is to be seen now.
    pub(crate) fn picture_of(&self, title: &str) -> anyhow::Result<Picture> {
        let mut search = Command::new("xdotool");
        let found = shell::read(self.on(search.args(["search", "--onlyvisible", "--name", title])))?;
        let found = String::from_utf8_lossy(&found).into_owned();
        let window = found.split_whitespace().next().context("no such window is on the screen")?;
        self.import(window)
    }

    /// Gives the window with this title the keyboard: without a window manager none has it.
    pub(crate) fn focus(&self, title: &str) -> anyhow::Result<()> {
        let mut search = Command::new("xdotool");
        search.args(["search", "--onlyvisible", "--name", title, "windowfocus", "--sync"]);
        shell::read(self.on(&mut search))?;
        Ok(())
    }

    /// Presses a key, or several at once: `ctrl+1`.
    pub(crate) fn press(&self, keys: &str) -> anyhow::Result<()> {
        shell::read(self.on(Command::new("xdotool").args(["key", "--clearmodifiers", keys])))?;
        Ok(())
    }

    /// What is on the screen now.
    pub(crate) fn picture(&self) -> anyhow::Result<Picture> {
        self.import("root")
    }

    fn import(&self, window: &str) -> anyhow::Result<Picture> {
        let mut import = Command::new("import");
        import.args(["-silent", "-window", window, "-depth", "8", "ppm:-"]);
        Picture::parse(shell::read(self.on(&mut import))?)
    }
}

/// Pixels as a portable pixmap.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    ppm: Vec<u8>,
    first_pixel: usize,
}

impl Picture {
    fn parse(ppm: Vec<u8>) -> anyhow::Result<Self> {
        // `P6 WIDTH HEIGHT 255`, then one white space, then the pixels.
        let mut fields = Vec::new();
        let mut at = 0;
        while fields.len() < 4 {
            let field: Vec<u8> = ppm[at..].iter().copied().take_while(|b| !b.is_ascii_whitespace()).collect();
            at += field.len() + 1;
            if at > ppm.len() {
                bail!("the picture of the screen is cut off");
            }
            fields.push(String::from_utf8_lossy(&field).into_owned());
        }
        let [kind, width, height, depth] = &fields[..] else { bail!("no header in the picture") };
        let pixels = width.parse::<usize>()? * height.parse::<usize>()?;
        if kind != "P6" || depth != "255" || ppm.len() != at + 3 * pixels {
            bail!("the picture of the screen is not what was asked for: {}", fields.join(" "));
        }
        Ok(Self { ppm, first_pixel: at })
    }

    /// How many colours there are, and the share of the pixels that have the most common one.
    pub(crate) fn colours(&self) -> (usize, f64) {
        let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
        let pixels = self.ppm[self.first_pixel..].chunks_exact(3);
        let all = pixels.len();
        for pixel in pixels {
            *counts.entry(pixel).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or(0);
        (counts.len(), most as f64 / all.max(1) as f64)
    }

    /// Writes it as PNG, without the time and the name that would make two of the same picture differ.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        self.write(path, &[])
    }

    /// The same in a quarter of the bytes, with the 255 colours that matter most.
    pub(crate) fn save_small(&self, path: &Path) -> anyhow::Result<()> {
        self.write(path, &["+dither", "-colors", "255"])
    }

    fn write(&self, path: &Path, options: &[&str]) -> anyhow::Result<()> {
        let mut convert = Command::new("convert");
        convert.args(["ppm:-", "-strip", "-define", "png:exclude-chunks=date,time"]);
        convert.args(["-define", "png:compression-level=9"]).args(options).arg(path);
        let mut child = convert.stdin(Stdio::piped()).spawn().context("cannot start convert")?;
        child.stdin.take().expect("piped above").write_all(&self.ppm)?;
        let status = child.wait()?;
        if !status.success() {
            bail!("failed ({status}): {}", shell::line(&convert));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixmap_is_read_and_its_colours_are_counted() -> anyhow::Result<()> {
        let picture = Picture::parse(b"P6\n2 2\n255\nabcabcabcxyz".to_vec())?;
        assert_eq!(picture.colours(), (2, 0.75));
        for broken in [&b"P6\n2 2\n255\nabc"[..], b"P6\n2", b"", b"P5\n1 1\n255\na"] {
            assert!(Picture::parse(broken.to_vec()).is_err());
        }
        Ok(())
    }
}
