//! What lies around the bytes of a format: compression, archives, encodings, one inside another.

/// One step from stored bytes to what a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// gzip, any number of members.
    Gzip,
    /// zstd, any number of frames.
    Zstd,
    /// The older file exporter's own framing: a big-endian length of four bytes before each zstd frame.
    /// Decoded, every frame of text is a line and every frame of protobuf has its length before it.
    ZstdFrames,
    /// xz, any number of streams.
    Xz,
    /// bzip2, any number of streams.
    Bzip2,
    /// The LZ4 frame format.
    Lz4,
    /// A ZIP archive: its entries are members.
    Zip,
    /// A tar archive: its entries are members.
    Tar,
    /// A folder: the files in it and below it are members.
    Folder,
    /// A rotated set: the file given and those that were rotated away from it.
    Set,
    /// UTF-16 with the low byte first; decoded, it is UTF-8.
    Utf16Le,
    /// UTF-16 with the high byte first; decoded, it is UTF-8.
    Utf16Be,
    /// Lines that end in a carriage return alone; decoded, they end in a line feed.
    CarriageReturns,
}

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 13] = [
        Self::Gzip,
        Self::Zstd,
        Self::ZstdFrames,
        Self::Xz,
        Self::Bzip2,
        Self::Lz4,
        Self::Zip,
        Self::Tar,
        Self::Folder,
        Self::Set,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::CarriageReturns,
    ];

    /// The stable name used in the case file and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::ZstdFrames => "zstd-frames",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Folder => "folder",
            Self::Set => "set",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::CarriageReturns => "cr-lines",
        }
    }

    /// Whether it holds several members.
    pub const fn holds_members(self) -> bool {
        matches!(self, Self::Zip | Self::Tar | Self::Folder | Self::Set)
    }
}

/// The layers around a capture or one of its members, outermost first; none for bytes that are read as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wrapping(Vec<Layer>);

const NONE: &str = "none";
const BETWEEN: char = '+';

impl Wrapping {
    /// No layer at all.
    pub const NONE: Self = Self(Vec::new());

    /// These layers, outermost first.
    pub fn of(layers: &[Layer]) -> Self {
        Self(layers.to_vec())
    }

    /// The layers, outermost first.
    pub fn layers(&self) -> &[Layer] {
        &self.0
    }

    /// Whether there is no layer.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what it leads to has several members.
    pub fn holds_members(&self) -> bool {
        self.0.last().is_some_and(|layer| layer.holds_members())
    }

    /// The stable name used in the case file and in JSON: the layers' names with `+` between them, or `none`.
    pub fn name(&self) -> String {
        if self.0.is_empty() {
            return NONE.to_owned();
        }
        let names: Vec<&str> = self.0.iter().map(|layer| layer.name()).collect();
        names.join(&BETWEEN.to_string())
    }

    /// The wrapping with this stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == NONE {
            return Some(Self::NONE);
        }
        let layer = |name: &str| Layer::ALL.into_iter().find(|layer| layer.name() == name);
        name.split(BETWEEN).map(layer).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn push(&mut self, layer: Layer) {
        self.0.push(layer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        assert_eq!(Wrapping::from_name("none"), Some(Wrapping::NONE));
        let chain = Wrapping::of(&Layer::ALL);
        assert_eq!(Wrapping::from_name(&chain.name()), Some(chain));
        assert_eq!(Wrapping::of(&[Layer::Gzip, Layer::Tar]).name(), "gzip+tar");
        assert_eq!(Wrapping::from_name("gzip+none"), None);
        assert_eq!(Wrapping::from_name(""), None);
    }
}
