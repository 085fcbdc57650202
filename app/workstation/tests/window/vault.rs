//! A case encrypted, opened again with its passphrase, and saved in the clear.

use super::import::{asked, shop};
use super::*;
use case::{AuditRow, Case, Passphrase};

const WORDS: &str = "correct horse battery staple";
const OTHER_WORDS: &str = "Tr0ub4dor & 3 ünïcode";

fn command(window: &mut Window, name: &str) {
    click(window, "File");
    click(window, name);
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run();
    window.get_by_label(field).type_text(text);
    window.run();
}

#[test]
fn a_case_is_encrypted_opened_by_its_passphrase_alone_and_saved_in_the_clear() -> Result<(), Failure> {
    let mut world = World::new()?;
    world.picked = Picked::Paths(vec![world.path("clear.driftlock")]);
    let mut window = incident(&world)?;
    let path = world.path("shop.jsonl.driftlock");
    command(&mut window, "Encrypt this case…");
    type_into(&mut window, "Passphrase", WORDS);
    type_into(&mut window, "Passphrase again", "another");
    assert!(shows(&window, "The two are not the same yet."));
    click(&mut window, "Encrypt");
    assert!(!Case::is_encrypted(&path), "nothing is done until both are the same");
    click(&mut window, "Do not encrypt");
    command(&mut window, "Encrypt this case…");
    type_into(&mut window, "Passphrase", WORDS);
    type_into(&mut window, "Passphrase again", WORDS);
    window.get_by_label("Do not encrypt").focus();
    window.run();
    window.key_press(egui::Key::Enter);
    settle(&mut window);
    assert!(
        window.query_by_label("Passphrase").is_none() && !Case::is_encrypted(&path),
        "Enter means the button"
    );
    command(&mut window, "Encrypt this case…");
    type_into(&mut window, "Passphrase", WORDS);
    type_into(&mut window, "Passphrase again", WORDS);
    click(&mut window, "Encrypt");
    assert!(Case::is_encrypted(&path) && shows(&window, "Encrypted"));
    command(&mut window, "Close case Ctrl+W");

    // As another process would find it.
    Case::lock(&path);
    with(window.state(), |app| app.open(std::slice::from_ref(&path)));
    settle(&mut window);
    assert!(shows(&window, "shop.jsonl.driftlock is encrypted"));
    type_into(&mut window, "Passphrase", "hunter2");
    click(&mut window, "Open");
    assert!(shows(&window, "The passphrase does not open") && !shows(&window, "hunter2"));
    type_into(&mut window, "Passphrase", WORDS);
    click(&mut window, "Open");
    assert!(with(window.state(), |app| app.shows_case()) && shows(&window, "Encrypted"));

    command(&mut window, "Change passphrase…");
    type_into(&mut window, "Passphrase", OTHER_WORDS);
    type_into(&mut window, "Passphrase again", OTHER_WORDS);
    click(&mut window, "Change");
    command(&mut window, "Close case Ctrl+W");
    Case::lock(&path);
    let before = Passphrase::new(WORDS).ok_or("it is not empty")?;
    assert!(Case::unlock(&path, &before).is_err(), "the one before opens it no more");
    with(window.state(), |app| app.open(std::slice::from_ref(&path)));
    settle(&mut window);
    type_into(&mut window, "Passphrase", OTHER_WORDS);
    click(&mut window, "Open");
    assert!(with(window.state(), |app| app.shows_case()));

    command(&mut window, "Save a decrypted copy…");
    let clear = world.path("clear.driftlock");
    assert!(Case::is_case(&clear) && !Case::is_encrypted(&clear));
    let actions =
        |rows: Vec<AuditRow>| rows.into_iter().map(|row| row.action).rev().take(2).collect::<Vec<_>>();
    assert_eq!(actions(Case::open_read_only(&clear)?.audit()?), ["decrypt", "passphrase"]);
    Ok(())
}

#[test]
fn an_import_encrypts_the_case_that_it_makes() -> Result<(), Failure> {
    let mut world = World::new()?;
    let capture = shop(&world)?;
    let path = case_of(&capture);
    let mut window = asked(&mut world, std::slice::from_ref(&capture));
    click(&mut window, "Encrypt this case");
    assert!(shows(&window, case::ENCRYPTION_COST), "what it costs is said in the words of everywhere else");
    assert!(window.get_by_label("Passphrase").is_focused(), "one goes on by typing");
    click(&mut window, "Import");
    window.get_by_label("Import captures");
    let top = |window: &Window| window.get_by_label("Encrypt this case").rect().top();
    let before = top(&window);
    type_into(&mut window, "Passphrase", "short");
    assert!(shows(&window, "Several words are better"));
    assert!((top(&window) - before).abs() < 0.5, "the foot keeps its height");
    type_into(&mut window, "Passphrase", WORDS);
    type_into(&mut window, "Passphrase again", "another");
    assert!(shows(&window, "The two are not the same yet."));
    assert!((top(&window) - before).abs() < 0.5, "the foot keeps its height");
    window.key_press(egui::Key::Enter);
    settle(&mut window);
    window.get_by_label("Import captures");
    assert!(!path.exists(), "nothing is written until both are the same");
    click(&mut window, "Encrypt this case");
    assert!(window.query_by_label("Passphrase").is_none());
    click(&mut window, "Encrypt this case");
    assert!(!shows(&window, "another"), "what was typed is not kept");
    type_into(&mut window, "Passphrase", WORDS);
    type_into(&mut window, "Passphrase again", WORDS);
    window.key_press(egui::Key::Enter);
    settle(&mut window);
    assert!(window.query_by_label("Import captures").is_none() && shows(&window, "Encrypted"));
    command(&mut window, "Close case Ctrl+W");

    Case::lock(&path);
    assert!(Case::needs_passphrase(&path));
    let stored = std::fs::read(&path)?;
    for clear in [b"SQLite format 3".as_slice(), b"shop.jsonl"] {
        assert!(!stored.windows(clear.len()).any(|bytes| bytes == clear), "nothing of it is in the clear");
    }
    for wrong in ["another", OTHER_WORDS] {
        let wrong = Passphrase::new(wrong).ok_or("it is not empty")?;
        assert!(Case::unlock(&path, &wrong).is_err() && Case::open_read_only(&path).is_err());
    }
    Case::unlock(&path, &Passphrase::new(WORDS).ok_or("it is not empty")?)?;
    let case = Case::open_read_only(&path)?;
    let [row] = &case.captures()?[..] else { panic!("one capture") };
    assert_eq!((row.events, row.rejected), (299, 1));
    assert!(case.audit()?.iter().any(|row| row.action == "encrypt"), "and the case says so");
    Ok(())
}
