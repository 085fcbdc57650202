//! Captures that cannot be read, among others that can.

mod common;

use common::{Outcome, run, text_log};

#[test]
fn a_capture_that_cannot_be_read_stops_no_other_and_leaves_no_case() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    std::fs::write(at.join("noise.bin"), (0..4096_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>())?;
    let refused = run(at, &["analyze", "noise.bin", "--case", "of.driftlock"])?;
    assert_eq!(refused.status.code(), Some(3));
    assert!(!at.join("of.driftlock").exists(), "no case is made for nothing");
    text_log(at, "app.log", 600, 60)?;
    let beside = run(at, &["analyze", "noise.bin", "app.log", "--case", "of.driftlock"])?;
    let (said, listed) = (String::from_utf8_lossy(&beside.stderr), String::from_utf8_lossy(&beside.stdout));
    assert_eq!(beside.status.code(), Some(3), "{said}");
    assert!(said.contains("app.log: imported") && said.contains("noise.bin is"), "{said}");
    assert!(listed.contains("explain of.driftlock 1"), "the other is analysed: {listed}");
    // A case that was there stays, whatever is refused.
    run(at, &["analyze", "noise.bin", "--case", "of.driftlock"])?;
    assert!(at.join("of.driftlock").exists());
    Ok(())
}
