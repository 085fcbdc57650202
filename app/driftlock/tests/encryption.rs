//! Encrypted cases from the command line: with the passphrase every command works, without it none.
#![cfg(feature = "encryption")]

mod common;

use case::{Case, Passphrase};
use common::{Outcome, driftlock, run, text_log};

#[test]
fn an_encrypted_case_opens_for_every_command_that_is_given_its_passphrase() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "burst.log", 2000, 80)?;
    std::fs::write(at.join("words"), "correct horse battery staple\n")?;
    std::fs::write(at.join("others"), "another one entirely\n")?;
    let says = |arguments: &[&str]| -> Result<(Option<i32>, String, String), Box<dyn std::error::Error>> {
        let output = run(at, arguments)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((output.status.code(), text(output.stdout), text(output.stderr)))
    };
    let import = ["analyze", "burst.log", "--case", "c.driftlock", "--encrypt", "--passphrase-file"];
    let (code, plain, _) = says(&["analyze", "burst.log", "--case", "plain.driftlock"])?;
    let (sealed_code, sealed, said) = says(&[&import[..], &["words"]].concat())?;
    assert_eq!((sealed_code, sealed), (code, plain.replace("plain.driftlock", "c.driftlock")), "{said}");
    let (code, out, said) = says(&["findings", "c.driftlock"])?;
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(said.contains("passphrase") && said.contains("c.driftlock"), "{said}");
    let (code, _, said) = says(&["findings", "c.driftlock", "--passphrase-file", "others"])?;
    assert_eq!(code, Some(3));
    assert!(said.contains("does not open") && !said.contains("entirely"), "{said}");
    for command in [&["findings"][..], &["case", "verify"], &["info"], &["events"]] {
        let (code, out, said) = says(&[command, &["c.driftlock", "--passphrase-file", "words"]].concat())?;
        assert!(code == Some(0) && !out.is_empty(), "{command:?}: {said}");
    }
    let change = ["case", "passphrase", "c.driftlock", "--passphrase-file", "words"];
    let (code, _, said) = says(&[&change[..], &["--new-passphrase-file", "others"]].concat())?;
    assert_eq!(code, Some(0), "{said}");
    let (code, _, said) = says(&["case", "decrypt", "c.driftlock", "--passphrase-file", "others"])?;
    assert_eq!(code, Some(0), "{said}");
    let (code, out, said) = says(&["audit", "c.driftlock"])?;
    assert!(
        code == Some(0) && ["encrypt", "passphrase", "decrypt"].iter().all(|row| out.contains(row)),
        "{said}"
    );
    let (code, _, said) = says(&["case", "encrypt", "c.driftlock", "--passphrase-file", "absent"])?;
    assert!(code == Some(2) && said.contains("absent"), "{said}");
    Ok(())
}

/// Killed while the partial file is there, or after it has taken its place: never in between.
#[test]
fn killed_while_it_encrypts_the_case_is_what_it_was_and_the_next_attempt_goes_through() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    text_log(at, "a.log", 40_000, 80)?;
    std::fs::write(at.join("words"), "correct horse battery staple\n")?;
    let path = at.join("c.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&at.join("a.log"), &ingest::OpenOptions::default(), &cbad::Unwatched)?;
    let content = case.content_sha256()?;
    drop(case);
    let encrypt = ["case", "encrypt", "c.driftlock", "--passphrase-file", "words"];
    for _ in 0..3 {
        let mut child = driftlock().current_dir(at).args(encrypt).spawn()?;
        while !at.join("c.driftlock.partial").exists() && child.try_wait()?.is_none() {
            std::thread::yield_now();
        }
        child.kill()?;
        child.wait()?;
        if Case::is_encrypted(&path) {
            break;
        }
        assert_eq!(Case::open_read_only(&path)?.content_sha256()?, content);
    }
    if !Case::is_encrypted(&path) {
        let output = run(at, &encrypt)?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let words = Passphrase::new("correct horse battery staple").ok_or("it is not empty")?;
    Case::unlock(&path, &words)?;
    assert_eq!(Case::open_read_only(&path)?.content_sha256()?, content);
    assert!(!at.join("c.driftlock.partial").exists());
    Ok(())
}

#[test]
fn what_fails_leaves_no_empty_case_and_one_input_is_one_passphrase() -> Outcome {
    let folder = tempfile::tempdir()?;
    let at = folder.path();
    std::fs::write(at.join("secret"), "correct horse battery staple")?;
    let encrypted = ["--case", "new.driftlock", "--encrypt", "--passphrase-file", "secret"];
    let output = run(at, &[&["analyze", "missing.log"][..], &encrypted].concat())?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(3) && told.contains("missing.log"), "{told}");
    assert!(!at.join("new.driftlock").exists());
    text_log(at, "a.log", 200, 80)?;
    assert!(run(at, &[&["analyze", "a.log"][..], &encrypted].concat())?.status.success());
    let both = ["--passphrase-file", "-", "--new-passphrase-file", "-"];
    let output = run(at, &[&["case", "passphrase", "new.driftlock"][..], &both].concat())?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("one passphrase"), "{told}");
    Ok(())
}
