//! Asks one question in the real window without a screen: prints what it shows, saves a picture.

use std::path::PathBuf;

use mortar_tests::window::{Options, Window};

const QUESTION: &str = "What does claim rejection code 75 mean?";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(e) = drive().await {
        eprintln!("{e}");
        std::process::exit(1);
    }
}

async fn drive() -> Result<(), String> {
    let picture = PathBuf::from(std::env::args().nth(1).ok_or("usage: drive PICTURE.png")?);
    let home = std::env::var_os("MORTAR_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| picture.with_file_name("home"));
    let window = Window::open(&Options::new(&home)).await?;
    if let Err(e) = window.ask(QUESTION).await {
        window.screenshot(&picture).await?;
        return Err(e);
    }
    let turn = window.last_turn().await;
    println!("Question  {}", turn["question"].as_str().unwrap_or_default());
    for p in turn["passages"].as_array().into_iter().flatten() {
        println!("Passage   {}", p.as_str().unwrap_or_default());
    }
    for line in turn["lines"].as_array().into_iter().flatten() {
        let words = line[0].as_str().unwrap_or_default();
        if !words.is_empty() {
            println!("Answer    {words}  {}", line[1].as_str().unwrap_or_default());
        }
    }
    window.screenshot(&picture).await?;
    println!("Picture   {}", picture.display());
    window.close().await;
    Ok(())
}
