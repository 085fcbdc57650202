//! Block against block of a stream: what is coded, how long the pieces are, and that it stops when it is told to.

mod common;

use case::{Case, CaseError, MatrixChoice};
use cbad::{CodecName, Unwatched};
use common::{CancelAfter, Looks, Outcome, text_log};
use ingest::OpenOptions;

fn imported(folder: &std::path::Path, lines: u64) -> Result<Case, Box<dyn std::error::Error>> {
    let mut case = Case::create(&folder.join("a.driftlock"))?;
    case.import(&text_log(folder, "a.log", lines)?, &OpenOptions::default(), &Unwatched)?;
    Ok(case)
}

fn choice(blocks: u32) -> MatrixChoice {
    MatrixChoice { codec: CodecName::Zstd, blocks }
}

#[test]
fn blocks_are_of_one_length_and_long_ones_are_sampled_evenly() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = imported(folder.path(), 3000)?;
    let matrix = case.ncd_matrix(0, choice(4), Some(1), &Unwatched)?;
    assert_eq!((matrix.blocks.len(), matrix.events_a_block, matrix.sizes.pieces), (4, 256, 4));
    for (block, first) in matrix.blocks.iter().zip([0, 750, 1500, 2250]) {
        assert_eq!((block.first_event, block.last_event), (first, first + 749));
        assert_eq!((block.coded.len(), block.coded[0]), (256, first));
        assert!(block.coded.windows(2).all(|pair| (2..=3).contains(&(pair[1] - pair[0]))), "evenly spread");
        assert!(block.start_nanos <= block.end_nanos);
    }
    assert_eq!(case.ncd_matrix(0, choice(4), Some(2), &Unwatched)?, matrix, "with any number of threads");
    let short = case.ncd_matrix(0, choice(64), None, &Unwatched)?;
    assert_eq!(short.events_a_block, 46, "short blocks are coded whole");
    let wide = case.ncd_matrix(0, choice(9999), None, &Unwatched)?;
    assert_eq!(wide.blocks.len() as u32, case::MOST_MATRIX_BLOCKS);
    assert!(matches!(case.ncd_matrix(7, choice(4), None, &Unwatched), Err(CaseError::NoSuch { .. })));
    Ok(())
}

#[test]
fn a_stream_of_one_event_has_one_block() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = imported(folder.path(), 1)?;
    let matrix = case.ncd_matrix(0, choice(32), None, &Unwatched)?;
    assert_eq!((matrix.blocks.len(), matrix.sizes.pairs.len()), (1, 1));
    Ok(())
}

#[test]
fn it_stops_within_one_pair_or_a_few_events() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = imported(folder.path(), 3000)?;
    let looks = Looks::default();
    let matrix = case.ncd_matrix(0, choice(8), Some(1), &looks)?;
    let pairs = matrix.sizes.pairs.len() as u64;
    let reads = 8 * matrix.events_a_block / 64;
    let looks = looks.count();
    // Whoever waits looks now and then as well.
    assert!(looks >= pairs + reads, "{looks}: a look before each pair, and every 64 events");
    for stop in [0, reads - 1, reads, reads + pairs - 1] {
        assert!(
            case.ncd_matrix(0, choice(8), Some(1), &CancelAfter::new(stop)).is_err(),
            "stopped at look {stop}"
        );
    }
    Ok(())
}
