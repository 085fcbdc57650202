//! Every call of the C library. What is handed out owns its object and frees it once; what is lent to the library is
//! borrowed for as long as the library keeps it.

use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Once;

use openzl_sys as zl;

use crate::column::{Column, ColumnType, OwnedColumn};
use crate::error::Error;

/// Version of the library that is linked.
pub const LIBRARY_VERSION: &str = "0.3.0";
/// Version of the frames that are written.
pub const FORMAT_VERSION: u32 = zl::ZL_MAX_FORMAT_VERSION;

// The bindings are made from the header of the library that is linked; another one does not compile.
const _: () = assert!(
    zl::ZL_LIBRARY_VERSION_MAJOR == 0
        && zl::ZL_LIBRARY_VERSION_MINOR == 3
        && zl::ZL_LIBRARY_VERSION_PATCH == 0,
    "LIBRARY_VERSION must be that of openzl-sys"
);

/// `ZL_ClusteringConfig_TypeSuccessor` of `zl_clustering.h`, which `openzl-sys` has no binding for.
#[repr(C)]
#[derive(Clone, Copy)]
struct TypeSuccessor {
    column_type: zl::ZL_Type,
    width: usize,
    successor: usize,
    codec: usize,
}

/// `ZL_ClusteringConfig_Cluster`.
#[repr(C)]
struct Cluster {
    successor: TypeSuccessor,
    tags: *mut c_int,
    tag_count: usize,
}

/// `ZL_ClusteringConfig`.
#[repr(C)]
struct ClusteringConfig {
    clusters: *mut Cluster,
    cluster_count: usize,
    defaults: *mut TypeSuccessor,
    default_count: usize,
}

/// Key of the tag by which a column finds its cluster (`ZL_CLUSTERING_TAG_METADATA_ID`).
const TAG_KEY: c_int = 0;

unsafe extern "C" {
    static mut ZL_g_logLevel: c_int;
    fn ZL_Clustering_registerGraph(
        compressor: *mut zl::ZL_Compressor,
        config: *const ClusteringConfig,
        successors: *const zl::ZL_GraphID,
        successor_count: usize,
    ) -> zl::ZL_GraphID;
}

/// The library prints its errors to standard error; here they are values.
fn silence() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // SAFETY: nothing of the library has run yet: every object of this crate is made after this call, and `Once`
        // orders the write before all of them.
        unsafe { ZL_g_logLevel = 0 };
    });
}

fn checked(action: &'static str, report: zl::ZL_Report) -> Result<usize, Error> {
    // SAFETY: `ZL_errorCode` reads a report by value; every report is fully written by the call that returned it.
    let code = unsafe { zl::ZL_errorCode(report) };
    if code == zl::ZL_ErrorCode_no_error {
        // SAFETY: the report holds no error, which is what this call asks for.
        return Ok(unsafe { zl::ZL_validResult(report) });
    }
    // SAFETY: the library has a static string for every code, and one for codes that it does not know.
    let name = unsafe { zl::ZL_ErrorCode_toString(code) };
    let what = if name.is_null() {
        "unknown error".to_owned()
    } else {
        // SAFETY: not null, static and ended by a zero byte, as said above.
        unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
    };
    Err(Error::Library { action, what, code })
}

/// A graph that belongs to one [`Graphs`], or one of the library's own.
pub(crate) type Graph = zl::ZL_GraphID;

/// One of the library's own graphs.
pub(crate) const fn standard(id: zl::ZL_StandardGraphID) -> Graph {
    zl::ZL_GraphID { gid: id }
}

fn type_and_width(of: ColumnType) -> (zl::ZL_Type, usize) {
    match of {
        ColumnType::U8 => (zl::ZL_Type_numeric, 1),
        ColumnType::U16 => (zl::ZL_Type_numeric, 2),
        ColumnType::U32 => (zl::ZL_Type_numeric, 4),
        ColumnType::U64 => (zl::ZL_Type_numeric, 8),
        ColumnType::Strings => (zl::ZL_Type_string, 0),
    }
}

/// The library's compressor object: parameters and registered graphs, without the state of a compression.
pub(crate) struct Graphs(NonNull<zl::ZL_Compressor>);

// SAFETY: the object is plain memory of the heap that this value alone points to; the library ties nothing to a thread.
unsafe impl Send for Graphs {}

impl Drop for Graphs {
    fn drop(&mut self) {
        // SAFETY: made by `ZL_Compressor_create`, freed here and nowhere else.
        unsafe { zl::ZL_Compressor_free(self.0.as_ptr()) };
    }
}

impl Graphs {
    pub(crate) fn new(level: i32, checksums: bool) -> Result<Self, Error> {
        silence();
        // SAFETY: no arguments; null where memory is out.
        let created = unsafe { zl::ZL_Compressor_create() };
        let graphs = Self(NonNull::new(created).ok_or(Error::OutOfMemory { what: "a compressor" })?);
        let checksum = if checksums { zl::ZL_TernaryParam_enable } else { zl::ZL_TernaryParam_disable };
        for (parameter, value) in [
            (zl::ZL_CParam_formatVersion, FORMAT_VERSION.cast_signed()),
            (zl::ZL_CParam_compressionLevel, level),
            (zl::ZL_CParam_compressedChecksum, checksum.cast_signed()),
            (zl::ZL_CParam_contentChecksum, checksum.cast_signed()),
        ] {
            // SAFETY: a live compressor; the library checks parameter and value.
            let report = unsafe { zl::ZL_Compressor_setParameter(graphs.0.as_ptr(), parameter, value) };
            checked("set a parameter", report)?;
        }
        Ok(graphs)
    }

    /// Transforms one after another, then a graph. The library answers with an illegal graph where they do not fit.
    pub(crate) fn pipeline(&self, nodes: &[zl::ZL_StandardNodeID], then: Graph) -> Graph {
        let nodes: Vec<zl::ZL_NodeID> = nodes.iter().map(|&nid| zl::ZL_NodeID { nid }).collect();
        // SAFETY: a live compressor and an array of the given length, which the library copies.
        unsafe {
            zl::ZL_Compressor_registerStaticGraph_fromPipelineNodes1o(
                self.0.as_ptr(),
                nodes.as_ptr(),
                nodes.len(),
                then,
            )
        }
    }

    /// One transform with a graph for each of its outputs.
    pub(crate) fn node(&self, node: zl::ZL_StandardNodeID, then: &[Graph]) -> Graph {
        // SAFETY: a live compressor and an array of the given length, which the library copies.
        unsafe {
            zl::ZL_Compressor_registerStaticGraph_fromNode(
                self.0.as_ptr(),
                zl::ZL_NodeID { nid: node },
                then.as_ptr(),
                then.len(),
            )
        }
    }

    /// An alphabet and indices into it.
    pub(crate) fn tokenize(&self, of: ColumnType, sort: bool, alphabet: Graph, indices: Graph) -> Graph {
        // SAFETY: a live compressor; the rest are values, which the library checks.
        unsafe {
            zl::ZL_Compressor_registerTokenizeGraph(
                self.0.as_ptr(),
                type_and_width(of).0,
                sort,
                alphabet,
                indices,
            )
        }
    }

    /// Sends column i, by its tag, to graph i.
    pub(crate) fn columns(&self, columns: &[(ColumnType, Graph)]) -> Graph {
        let successors: Vec<Graph> = columns.iter().map(|(_, graph)| *graph).collect();
        let mut tags: Vec<c_int> = (0..).take(columns.len()).collect();
        let mut clusters: Vec<Cluster> = (0..)
            .zip(columns.iter().zip(&mut tags))
            .map(|(successor, ((of, _), tag))| {
                let (column_type, width) = type_and_width(*of);
                // Places in the list of joining transforms that the library brings: serial, struct, numeric, string.
                let codec = if column_type == zl::ZL_Type_string { 3 } else { 2 };
                let successor = TypeSuccessor { column_type, width, successor, codec };
                Cluster { successor, tags: tag, tag_count: 1 }
            })
            .collect();
        let config = ClusteringConfig {
            clusters: clusters.as_mut_ptr(),
            cluster_count: clusters.len(),
            defaults: std::ptr::null_mut(),
            default_count: 0,
        };
        // SAFETY: a live compressor; the three arrays live until the call returns and have the lengths given; the library
        // serialises the configuration and copies the successors before it returns (generic_clustering_graph.c).
        unsafe {
            ZL_Clustering_registerGraph(
                self.0.as_ptr(),
                &raw const config,
                successors.as_ptr(),
                successors.len(),
            )
        }
    }

    /// Says where compression begins.
    pub(crate) fn start(&self, graph: Graph) -> Result<(), Error> {
        // SAFETY: a live compressor; the library refuses a graph that it does not know.
        let report = unsafe { zl::ZL_Compressor_selectStartingGraphID(self.0.as_ptr(), graph) };
        checked("take the plan", report).map(drop)
    }
}

/// A column as the library sees it; it points into the slices of the column.
struct TypedRef<'a>(NonNull<zl::ZL_TypedRef>, PhantomData<Column<'a>>);

impl Drop for TypedRef<'_> {
    fn drop(&mut self) {
        // SAFETY: made by one of the calls in `new`, freed here and nowhere else.
        unsafe { zl::ZL_TypedRef_free(self.0.as_ptr()) };
    }
}

impl<'a> TypedRef<'a> {
    fn new(column: &Column<'a>, tag: Option<c_int>) -> Result<Self, Error> {
        let made = match column {
            Column::U8(values) => numeric(values),
            Column::U16(values) => numeric(values),
            Column::U32(values) => numeric(values),
            Column::U64(values) => numeric(values),
            Column::Strings(strings) => {
                let (bytes, lengths) = (strings.bytes(), strings.lengths());
                // SAFETY: two slices with their lengths, which `Strings` has checked to add up; they outlive 'a.
                unsafe {
                    zl::ZL_TypedRef_createString(
                        address(bytes).cast(),
                        bytes.len(),
                        address(lengths),
                        lengths.len(),
                    )
                }
            }
        };
        let made = Self(NonNull::new(made).ok_or(Error::OutOfMemory { what: "a column" })?, PhantomData);
        if let Some(tag) = tag {
            // SAFETY: a live reference that nothing else uses yet.
            let report = unsafe { zl::ZL_Input_setIntMetadata(made.0.as_ptr(), TAG_KEY, tag) };
            checked("tag a column", report)?;
        }
        Ok(made)
    }
}

/// What stands before and behind a column without a byte.
static NOTHING: [u64; 32] = [0; 32];

/// Where a column begins. The library steps back from the end of one before it compares (`ZS_countBound`): from the address of an
/// empty slice, which is its alignment and nothing more, that wraps round, and it reads there.
fn address<T>(values: &[T]) -> *const T {
    if values.is_empty() { NOTHING[NOTHING.len() / 2..].as_ptr().cast() } else { values.as_ptr() }
}

/// A reference to numbers. Private: `T` is one of `u8`, `u16`, `u32`, `u64`, whose widths the library takes.
fn numeric<T>(values: &[T]) -> *mut zl::ZL_TypedRef {
    // SAFETY: a slice is aligned for its element and as long as said; the caller binds its lifetime to the reference.
    unsafe { zl::ZL_TypedRef_createNumeric(address(values).cast(), size_of::<T>(), values.len()) }
}

/// The state of compressions, reused from one to the next.
pub(crate) struct Context(NonNull<zl::ZL_CCtx>);

// SAFETY: as for `Graphs`.
unsafe impl Send for Context {}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by `ZL_CCtx_create`, freed here and nowhere else.
        unsafe { zl::ZL_CCtx_free(self.0.as_ptr()) };
    }
}

impl Context {
    pub(crate) fn new() -> Result<Self, Error> {
        silence();
        // SAFETY: no arguments; null where memory is out.
        let created = unsafe { zl::ZL_CCtx_create() };
        Ok(Self(NonNull::new(created).ok_or(Error::OutOfMemory { what: "a context" })?))
    }

    /// Compresses the columns into `out`; returns the length of the frame.
    pub(crate) fn compress(
        &mut self,
        graphs: &Graphs,
        columns: &[Column<'_>],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        // SAFETY: both live. The context keeps the pointer until the next such call or its end, and reads through it only
        // in the compression below: a compressor that is gone by then is replaced first.
        let report = unsafe { zl::ZL_CCtx_refCompressor(self.0.as_ptr(), graphs.0.as_ptr()) };
        checked("take the plan", report)?;
        let tagged = columns.len() > 1;
        let inputs: Result<Vec<TypedRef<'_>>, Error> =
            (0..).zip(columns).map(|(tag, column)| TypedRef::new(column, tagged.then_some(tag))).collect();
        let inputs = inputs?;
        let mut pointers: Vec<*const zl::ZL_TypedRef> =
            inputs.iter().map(|input| input.0.as_ptr().cast_const()).collect();
        // SAFETY: `out` is writable for its length; the pointers are of live references, whose slices are borrowed until
        // this function returns.
        let report = unsafe {
            zl::ZL_CCtx_compressMultiTypedRef(
                self.0.as_ptr(),
                out.as_mut_ptr().cast(),
                out.len(),
                pointers.as_mut_ptr(),
                pointers.len(),
            )
        };
        checked("compress", report)
    }
}

/// Upper bound of a frame that holds this many bytes in this many columns.
pub(crate) fn bound(content_bytes: usize, columns: usize) -> usize {
    // SAFETY: a value in, a value out.
    let one = unsafe { zl::ZL_compressBound(content_bytes) };
    // The bound is for one serial input; each transform of a column may add a header of its own.
    one + content_bytes / 8 + 4096 * (columns + 1)
}

/// What a frame says of itself, before it is decoded.
struct FrameInfo<'a>(NonNull<zl::ZL_FrameInfo>, PhantomData<&'a [u8]>);

impl Drop for FrameInfo<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `ZL_FrameInfo_create`, freed here and nowhere else.
        unsafe { zl::ZL_FrameInfo_free(self.0.as_ptr()) };
    }
}

impl<'a> FrameInfo<'a> {
    fn new(frame: &'a [u8]) -> Result<Self, Error> {
        // SAFETY: a slice with its length, borrowed for as long as the object lives.
        let made = unsafe { zl::ZL_FrameInfo_create(frame.as_ptr().cast(), frame.len()) };
        let not_a_frame =
            || Error::Library { action: "decode", what: "not an OpenZL frame".to_owned(), code: 0 };
        Ok(Self(NonNull::new(made).ok_or_else(not_a_frame)?, PhantomData))
    }

    fn outputs(&self) -> Result<usize, Error> {
        // SAFETY: a live object.
        checked("decode", unsafe { zl::ZL_FrameInfo_getNumOutputs(self.0.as_ptr()) })
    }

    fn bytes_of(&self, output: c_int) -> Result<usize, Error> {
        // SAFETY: a live object; the library checks the number.
        checked("decode", unsafe { zl::ZL_FrameInfo_getDecompressedSize(self.0.as_ptr(), output) })
    }
}

struct Decoder(NonNull<zl::ZL_DCtx>);

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `ZL_DCtx_create`, freed here and nowhere else.
        unsafe { zl::ZL_DCtx_free(self.0.as_ptr()) };
    }
}

/// A buffer that the library fills and owns.
struct Output(NonNull<zl::ZL_TypedBuffer>);

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: made by `ZL_TypedBuffer_create`, freed here and nowhere else.
        unsafe { zl::ZL_TypedBuffer_free(self.0.as_ptr()) };
    }
}

impl Output {
    fn new() -> Result<Self, Error> {
        // SAFETY: no arguments; null where memory is out.
        let made = unsafe { zl::ZL_TypedBuffer_create() };
        Ok(Self(NonNull::new(made).ok_or(Error::OutOfMemory { what: "a buffer" })?))
    }

    /// Copies what was decoded. Only after a decoding that succeeded.
    fn take(&self) -> Result<OwnedColumn, Error> {
        let buffer = self.0.as_ptr();
        // SAFETY: a live buffer.
        let column_type = unsafe { zl::ZL_TypedBuffer_type(buffer) };
        // SAFETY: a live buffer.
        let width = unsafe { zl::ZL_TypedBuffer_eltWidth(buffer) };
        // SAFETY: a live buffer.
        let length = unsafe { zl::ZL_TypedBuffer_byteSize(buffer) };
        // SAFETY: a live buffer.
        let start = unsafe { zl::ZL_TypedBuffer_rPtr(buffer) };
        // SAFETY: the library says that so many bytes were written there; nothing frees them before `self`.
        let bytes = unsafe { copied::<u8>(start, length) };
        Ok(match (column_type, width) {
            (zl::ZL_Type_numeric, 1) => OwnedColumn::U8(bytes),
            (zl::ZL_Type_numeric, 2) => OwnedColumn::U16(numbers(&bytes, u16::from_ne_bytes)),
            (zl::ZL_Type_numeric, 4) => OwnedColumn::U32(numbers(&bytes, u32::from_ne_bytes)),
            (zl::ZL_Type_numeric, 8) => OwnedColumn::U64(numbers(&bytes, u64::from_ne_bytes)),
            (zl::ZL_Type_string, _) => {
                // SAFETY: a live buffer.
                let count = unsafe { zl::ZL_TypedBuffer_numElts(buffer) };
                // SAFETY: a live buffer of strings.
                let start = unsafe { zl::ZL_TypedBuffer_rStringLens(buffer) };
                // SAFETY: the library allocates this array as `uint32_t`, one for each string.
                let lengths = unsafe { copied::<u32>(start.cast(), count) };
                OwnedColumn::Strings { bytes, lengths }
            }
            _ => {
                let what = format!("a column of type {column_type} and width {width}");
                return Err(Error::Library { action: "decode", what, code: 0 });
            }
        })
    }
}

/// Copies `count` elements; none where there is no array.
///
/// # Safety
/// Where `start` is not null it is aligned for `T` and points to `count` elements that were written.
unsafe fn copied<T: Copy>(start: *const c_void, count: usize) -> Vec<T> {
    if start.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: not null and of that length, as the caller promises.
    unsafe { std::slice::from_raw_parts(start.cast::<T>(), count) }.to_vec()
}

fn numbers<T, const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| from(*chunk)).collect()
}

/// Decodes a frame whose content is at most `most_bytes`.
pub(crate) fn decompress(frame: &[u8], most_bytes: u64) -> Result<Vec<OwnedColumn>, Error> {
    silence();
    let info = FrameInfo::new(frame)?;
    let count = info.outputs()?;
    let mut total = 0_u64;
    for output in (0..).take(count) {
        total = total.saturating_add(info.bytes_of(output)? as u64);
    }
    if total > most_bytes {
        return Err(Error::TooLarge { bytes: total, most: most_bytes });
    }
    // SAFETY: no arguments; null where memory is out.
    let decoder = unsafe { zl::ZL_DCtx_create() };
    let decoder = Decoder(NonNull::new(decoder).ok_or(Error::OutOfMemory { what: "a decoder" })?);
    let outputs: Vec<Output> = (0..count).map(|_| Output::new()).collect::<Result<_, _>>()?;
    let mut pointers: Vec<*mut zl::ZL_TypedBuffer> = outputs.iter().map(|output| output.0.as_ptr()).collect();
    // SAFETY: live objects; as many buffers as the frame has outputs; the frame is a slice with its length.
    let report = unsafe {
        zl::ZL_DCtx_decompressMultiTBuffer(
            decoder.0.as_ptr(),
            pointers.as_mut_ptr(),
            pointers.len(),
            frame.as_ptr().cast(),
            frame.len(),
        )
    };
    checked("decode", report)?;
    outputs.iter().map(Output::take).collect()
}
