//! A case encrypted, opened again with its passphrase, and saved in the clear.

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
