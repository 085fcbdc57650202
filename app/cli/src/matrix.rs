//! `driftlock matrix`: the blocks of a stream, each against each other.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, MOST_MATRIX_BLOCKS, MatrixBlock, MatrixChoice, NcdMatrix, StreamRow, inert};
use cbad::{CodecInfo, CodecName};
use clap::Args;
use serde::Serialize;

use crate::events::chosen;
use crate::failure::Failure;
use crate::json::SCHEMA;
use crate::progress::Progress;
use crate::table::{Align, Table};
use crate::test::parse_codec;
use crate::words::time;
use crate::{interrupt, output};

#[derive(Args, Debug)]
pub(crate) struct MatrixArguments {
    /// The case file
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The stream: its number, or its name
    #[arg(value_name = "STREAM")]
    stream: String,
    /// What codes the blocks: zstd, lz4, gzip, openzl or count
    #[arg(long, value_name = "CODEC", default_value = "zstd", value_parser = parse_codec)]
    codec: CodecName,
    /// Cut the stream into so many blocks
    #[arg(long, value_name = "N", default_value_t = MatrixChoice::default().blocks,
        value_parser = clap::value_parser!(u32).range(2..=i64::from(MOST_MATRIX_BLOCKS)))]
    blocks: u32,
    /// Threads; every number of them gives the same result
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct MatrixJson<'a> {
    schema: u32,
    stream: u32,
    stream_name: String,
    codec: &'a CodecInfo,
    events_a_block: u64,
    blocks: &'a [MatrixBlock],
    /// Row by row, every block against every block.
    ncd: Vec<Vec<f64>>,
}

pub(crate) fn run(arguments: &MatrixArguments) -> Result<ExitCode, Failure> {
    interrupt::listen();
    let case = Case::open_read_only(&arguments.case)?;
    let choice = MatrixChoice { codec: arguments.codec, blocks: arguments.blocks };
    for stream in chosen(&case, Some(&arguments.stream))? {
        let progress = Progress::new();
        let matrix = case.ncd_matrix(stream.id, choice, arguments.threads.map(usize::from), &progress);
        progress.clear();
        let matrix = matrix?;
        if arguments.json {
            output::json(&MatrixJson {
                schema: SCHEMA,
                stream: stream.id,
                stream_name: stream.key.label(),
                codec: &matrix.sizes.codec,
                events_a_block: matrix.events_a_block,
                blocks: &matrix.blocks,
                ncd: rows(&matrix),
            })?;
        } else {
            write(&matrix, &stream)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(matrix: &NcdMatrix) -> Vec<Vec<f64>> {
    let blocks = 0..matrix.sizes.pieces;
    let row = |one| blocks.clone().filter_map(|other| matrix.sizes.ncd(one, other)).collect();
    blocks.clone().map(row).collect()
}

fn write(matrix: &NcdMatrix, stream: &StreamRow) -> Result<(), Failure> {
    let mut out = output::stdout();
    let codec = &matrix.sizes.codec;
    writeln!(
        out,
        "Stream {} “{}”: {} blocks, {} events of each coded, NCD by {} {}",
        stream.id,
        inert(stream.key.label()),
        matrix.blocks.len(),
        matrix.events_a_block,
        inert(&codec.name),
        inert(&codec.version)
    )?;
    let mut table = Table::new(&[
        ("Block", Align::Right),
        ("Events", Align::Left),
        ("Begins", Align::Left),
        ("Mean", Align::Right),
        ("Nearest", Align::Right),
        ("Farthest", Align::Right),
    ]);
    for (number, (block, row)) in matrix.blocks.iter().zip(rows(matrix)).enumerate() {
        let mut others: Vec<(usize, f64)> =
            row.iter().copied().enumerate().filter(|(other, _)| *other != number).collect();
        let mean = others.iter().map(|(_, ncd)| ncd).sum::<f64>() / others.len().max(1) as f64;
        others.sort_by(|a, b| a.1.total_cmp(&b.1));
        let said = |pair: Option<&(usize, f64)>| {
            pair.map_or_else(String::new, |(other, ncd)| format!("{ncd:.3} to {other}"))
        };
        table.row([
            number.to_string(),
            format!("{} to {}", block.first_event, block.last_event),
            time(block.start_nanos),
            format!("{mean:.3}"),
            said(others.first()),
            said(others.last()),
        ]);
    }
    table.write(&mut out, "")?;
    writeln!(out, "\nEvery block against every block, in hundredths; 100 is nothing in common")?;
    for (number, row) in rows(matrix).into_iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|ncd| format!("{:>3.0}", ncd * 100.0)).collect();
        writeln!(out, "{number:>3}  {}", cells.join(" "))?;
    }
    out.flush()?;
    Ok(())
}
