"""The options of the verbs, as typer reads them: type, name, help, and the default that is shown.

An option whose default belongs to another part of the library is `None` here, and left out when it is not given.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from fallline.core.race_spec import Elimination, Lanes, RaceSpec
from fallline.core.spec import Keep, LastBatch, Precision, Reduction, Sampling, Spec
from fallline.methods import METHODS
from fallline.probes import PROBES
from fallline.problems import catalogue

_METRICS = catalogue.names("fallline.problems.metrics")
_DATA, _TRAINING, _RACE, _RESULTS = "Data and model", "Training", "Race", "Results"
_PROCESSES = "Several processes"
_USUAL = {field.name: f"{field.default}" for kind in (RaceSpec, Spec) for field in dataclasses.fields(kind)}


def _option(name: str, panel: str, help: str, metavar: str | None = None, default: str | bool = True) -> Any:
    return typer.Option(name, help=help, rich_help_panel=panel, metavar=metavar, show_default=default)


def _argument(metavar: str, help: str) -> Any:
    return typer.Argument(metavar=metavar, help=help, show_default=False)


Data = Annotated[
    str,
    _argument(
        "DATA",
        "A name such as digits, a file (csv, parquet, npz, npy, idx), a pattern of files, a folder of images, "
        "file.py:name.",
    ),
]
Compared = Annotated[
    list[str],
    _argument("DATA|RUN...", "What to race on, as for train; or the folders of finished runs; or that of one race."),
]
Rows = Annotated[str, _argument("DATA", "New rows: a file with the same columns, or the name of a data set.")]
Run = Annotated[Path, _argument("RUN", "The folder of a run.")]
Json = Annotated[
    bool, typer.Option("--json", help="One JSON object on standard output, everything else on standard error.")
]

Target = Annotated[str | None, _option("--target", _DATA, "The column to predict.", "COLUMN", "the data's own")]
Model = Annotated[str | None, _option("--model", _DATA, "The ready model, with its sizes.", "MODEL", "mlp(128, 64)")]
SmallModel = Annotated[
    str | None, _option("--model", _DATA, "The ready model; small, as there are hundreds of runs.", "MODEL", "mlp(32)")
]
Augment = Annotated[
    str | None, _option("--augment", _DATA, "Change training images at random.", "'flip, crop(4)'", "not at all")
]
Task = Annotated[
    str | None, _option("--task", _DATA, "What is predicted.", "classification|regression", "by the target")
]
Loss = Annotated[str | None, _option("--loss", _DATA, "What is minimised.", "LOSS", "by the task")]
Split = Annotated[
    str | None, _option("--split", _DATA, "Shares for training, validation and test.", "A,B,C", ".7,.15,.15")
]
SplitSeed = Annotated[int | None, _option("--split-seed", _DATA, "Which rows go where.", "N", "0")]
Missing = Annotated[str | None, _option("--missing", _DATA, "For missing values.", "error|impute|drop", "error")]
ImageSize = Annotated[
    str | None, _option("--image-size", _DATA, "Scale a folder's images, height by width.", "HxW", "as they are")
]
BrokenImages = Annotated[str | None, _option("--broken-images", _DATA, "For broken images.", "error|skip", "error")]
Constant = Annotated[str | None, _option("--constant", _DATA, "For columns of one value.", "error|drop", "error")]
Streamed = Annotated[
    bool | None,
    _option("--stream/--no-stream", _DATA, "Read training rows in blocks, or hold them in memory.", None, "by size"),
]

Metrics = Annotated[
    str | None,
    _option("--metrics", _DATA, f"Reported besides the loss: {', '.join(_METRICS)}.", "'f1, top_k(3)'", "by the task"),
]
Weight = Annotated[
    str | None, _option("--weight", _DATA, "A column that says how much each row counts.", "COLUMN", "all the same")
]
ClassWeights = Annotated[
    str | None,
    _option("--class-weight", _DATA, "How much the rows of a class count.", "balanced|A=3,B=1", "all the same"),
]

MethodText = Annotated[
    str, _option("--method", _TRAINING, f"One of {', '.join(METHODS)}; with values, 'adam(lr=1e-3, b1=0.8)'.", "METHOD")
]
Rate = Annotated[
    str | None, _option("--lr", _TRAINING, "The learning rate: a number, a schedule, or auto to find it.", "X", "auto")
]
RateFromHere = Annotated[float | None, _option("--lr", _TRAINING, "Another learning rate from here on.", "X", False)]
BatchSize = Annotated[str, _option("--batch", _TRAINING, "Rows a step; full for the exact gradient.", "N|full")]
Epochs = Annotated[int | None, _option("--epochs", _TRAINING, "Passes over the training part.", "N", "10")]
Steps = Annotated[
    int | None, _option("--steps", _TRAINING, "Optimiser steps; with --epochs, whichever ends first.", "N", False)
]
Seed = Annotated[int, _option("--seed", _TRAINING, "Sets the first parameters and the order of the rows.", "N")]
Order = Annotated[Sampling | None, _option("--sampling", _TRAINING, "How rows are drawn.", None, _USUAL["sampling"])]
Remainder = Annotated[
    LastBatch | None,
    _option("--last-batch", _TRAINING, "An epoch's incomplete batch.", None, _USUAL["last_batch"]),
]
BatchLoss = Annotated[
    Reduction | None,
    _option("--reduction", _TRAINING, "What a batch's loss is of its rows' losses.", None, _USUAL["reduction"]),
]
BatchPrecision = Annotated[
    Precision | None, _option("--precision", _TRAINING, "What a step computes in.", None, _USUAL["precision"])
]
L1 = Annotated[float | None, _option("--l1", _TRAINING, "Adds X Σ|w| over the weights to the training loss.", "X", "0")]
L2 = Annotated[
    float | None, _option("--l2", _TRAINING, "Adds X/2 Σw² over the weights to the training loss.", "X", "0")
]
Measured = Annotated[
    str | None,
    _option(
        "--probes",
        _TRAINING,
        f"Measured besides, each step or so: default, or any of {', '.join(PROBES)}.",
        "'gradnorms, sharpness(every=50)'",
        "nothing",
    ),
]
ProbeBudget = Annotated[
    float | None,
    _option(
        "--probe-budget",
        _TRAINING,
        "Gradients that probes may take, as a share of the steps' own.",
        "X",
        "0.05 for default probes, else any",
    ),
]
TargetLoss = Annotated[
    float | None, _option("--target-loss", _TRAINING, "Stop when an epoch's mean loss is at or below this.", "X", False)
]
Patience = Annotated[
    int | None, _option("--patience", _TRAINING, "Stop after N epochs without improvement in validation.", "N", False)
]
MinImprovement = Annotated[
    float | None, _option("--min-improvement", _TRAINING, "How much better counts as one, for --patience.", "X", "0")
]
Watched = Annotated[
    str | None,
    _option(
        "--watch",
        _TRAINING,
        "What must improve: loss, or a metric, as in 'highest accuracy'.",
        "NAME",
        _USUAL["watch"],
    ),
]
Kept = Annotated[
    Keep | None, _option("--keep", _TRAINING, "The epoch whose model is kept.", None, "last; best with --patience")
]
MaxTime = Annotated[
    float | None, _option("--max-time", _TRAINING, "Stop after so many seconds of training.", "X", False)
]
Devices = Annotated[
    int | None,
    _option("--devices", _TRAINING, "Spread a batch's rows, or a race's runs, over N devices.", "N", _USUAL["devices"]),
]
Reproducible = Annotated[
    bool,
    _option("--reproducible", _TRAINING, "Sum in one order: the same bits on 1, 2, 4 or 8 devices.", None, False),
]
ShardParams = Annotated[
    bool,
    _option("--shard-params", _TRAINING, "Spread parameters and the method's state over them, too.", None, False),
]
Distributed = Annotated[
    bool, _option("--distributed", _PROCESSES, "Train with other processes, each given the same command.", None, False)
]
Coordinator = Annotated[
    str | None,
    _option("--coordinator", _PROCESSES, "Where process 0 listens.", "HOST:PORT", "found under SLURM and Open MPI"),
]
Processes = Annotated[int | None, _option("--processes", _PROCESSES, "How many there are.", "N", "likewise")]
Process = Annotated[int | None, _option("--process", _PROCESSES, "Which one this is, from 0.", "I", "likewise")]
Wait = Annotated[
    float, _option("--wait", _PROCESSES, "Seconds until a process that does not come, or is silent, is given up.", "X")
]
OverfitBatches = Annotated[
    int | None,
    _option("--overfit-batches", _TRAINING, "A check: learn the first N batches by heart, 1000 steps.", "N", False),
]
DryRun = Annotated[
    bool,
    _option("--dry-run", _TRAINING, "A check: do everything once, write nothing, tell sizes and times.", None, False),
]

CheckpointSeconds = Annotated[float, _option("--checkpoint-seconds", _RESULTS, "Seconds between checkpoints.", "X")]
CheckpointSteps = Annotated[
    int | None, _option("--checkpoint-steps", _RESULTS, "Steps between checkpoints, instead.", "N", False)
]
KeptCheckpoints = Annotated[int, _option("--keep-checkpoints", _RESULTS, "How many of the newest stay.", "N")]
AllowChanges = Annotated[
    bool,
    _option("--allow-changes", _RESULTS, "Go on with a run although data, versions or choices changed.", None, False),
]
RunFolder = Annotated[
    Path | None,
    _option("--out", _RESULTS, "A folder for the run, new or of the same run.", "DIR", "runs/<data>-<method>-<n>"),
]
CsvFile = Annotated[
    Path | None, typer.Option("--out", help="Write a CSV file.", metavar="FILE", show_default="standard output")
]

Picture = Annotated[
    Path | None, typer.Option("--out", help="A new SVG or PNG.", metavar="FILE", show_default="in the run's folder")
]

Methods = Annotated[
    str | None,
    _option(
        "--methods",
        _RACE,
        "Who races, with commas between them, as in 'sgd, momentum, adam(b2=0.99)'.",
        "METHODS",
        "nadam, its ancestors, adamw(lr=cosine)",
    ),
]
Rates = Annotated[
    str | None,
    _option(
        "--lr",
        _RACE,
        "Learning rates of every method: numbers (0.1,0.01), a grid (1e-4:1:9), a range to draw from (1e-4:1), auto; "
        "own for the rate that each has.",
        "RATES",
        "seven around each method's own",
    ),
]
Varied = Annotated[
    list[str] | None,
    _option(
        "--vary",
        _RACE,
        "More to try, again and again: 'b1=0.8,0.9', schedule=none,cosine, batch_size=16,64.",
        "NAME=VALUES",
        False,
    ),
]
Seeds = Annotated[int | None, _option("--seeds", _RACE, "Seeds that the rates are chosen on.", "N", _USUAL["seeds"])]
FinalSeeds = Annotated[
    int | None,
    _option("--final-seeds", _RACE, "Fresh seeds that the methods are judged on.", "N", "10, or --seeds if more"),
]
Trials = Annotated[
    int | None, _option("--trials", _RACE, "Try N random points of the grid, not all.", "N", "the whole grid")
]
Eliminated = Annotated[
    Elimination | None,
    _option("--elimination", _RACE, "End early what is behind.", None, _USUAL["elimination"]),
]
Spending = Annotated[
    str | None,
    _option("--budget", _RACE, "Make runs shorter to fit: 60s, 5min, '200 epochs', '1e6 samples'.", "AMOUNT", False),
]
ComparedBy = Annotated[
    str | None,
    _option("--measure", _RACE, "What is compared: loss, or a metric, as in 'highest score'.", "NAME", "loss"),
]
TargetValue = Annotated[
    float | None,
    _option("--target-value", _RACE, "Report how soon the measure reaches this.", "X", "where the median method ends"),
]
Extended = Annotated[
    bool | None,
    _option("--extend/--no-extend", _RACE, "Go on beyond a grid's edge that the best rate is on.", None, "by --lr"),
]
Side = Annotated[
    Lanes | None,
    _option("--lanes", _RACE, "Runs in threads, or side by side in one program.", None, _USUAL["lanes"]),
]
BatchSizes = Annotated[
    str | None, _option("--batch", _TRAINING, "Rows a step, one number or several to try.", "N,…|full", "32")
]
RaceEpochs = Annotated[int | None, _option("--epochs", _TRAINING, "Passes over the training part.", "N", "20")]
FirstSeed = Annotated[
    int | None, _option("--seed", _TRAINING, "The first seed; the others follow it.", "N", _USUAL["seed"])
]
RaceFolder = Annotated[
    Path | None,
    _option("--out", _RESULTS, "A folder for the race, new or of the same race.", "DIR", "runs/<data>-race-<n>"),
]
RunsCsv = Annotated[
    Path | None, _option("--csv", _RESULTS, "Write the table of all runs to a new CSV file.", "FILE", False)
]
