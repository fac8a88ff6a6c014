using System.CommandLine;
using Microsoft.ML.Implicit.Samples;
using Microsoft.ML.Implicit.Samples.Anomaly;
using Microsoft.ML.Implicit.Samples.Classify;
using Microsoft.ML.Implicit.Samples.ClassifySeries;
using Microsoft.ML.Implicit.Samples.Control;
using Microsoft.ML.Implicit.Samples.Curves;
using Microsoft.ML.Implicit.Samples.Density;
using Microsoft.ML.Implicit.Samples.Directions;
using Microsoft.ML.Implicit.Samples.Field;
using Microsoft.ML.Implicit.Samples.ForecastGaps;
using Microsoft.ML.Implicit.Samples.ForecastIrregular;
using Microsoft.ML.Implicit.Samples.Pendulum;
using Microsoft.ML.Implicit.Samples.Portfolio;
using Microsoft.ML.Implicit.Samples.Scenarios;
using Microsoft.ML.Implicit.Samples.Strength;
using Microsoft.ML.Implicit.Samples.Sudoku;
using Microsoft.ML.Implicit.Samples.SudokuBits;
using Microsoft.ML.Implicit.Samples.Tune;

Sample[] samples =
[
    DigitClassification.Sample,
    StormForecast.Sample,
    CarbonForecast.Sample,
    PendulumForecast.Sample,
    StormScenarios.Sample,
    PlaneDensity.Sample,
    TumourScreening.Sample,
    StormDirections.Sample,
    TheophyllineFit.Sample,
    PortfolioChoice.Sample,
    SudokuSolving.Sample,
    FieldForecast.Sample,
    ConcreteStrength.Sample,
    HurricaneWarning.Sample,
    SudokuCompletion.Sample,
    HeatingControl.Sample,
    TumourDiagnosis.Sample,
];

var name = new Argument<string>("name") { Description = "scenario to run", DefaultValueFactory = _ => samples[0].Name };
name.AcceptOnlyFromAmong([.. samples.Select(sample => sample.Name)]);
var seed = new Option<int>("--seed") { Description = "seed of splits and training", DefaultValueFactory = _ => 1 };
var device = new Option<string>("--device") { Description = "cpu, cuda, cuda:1 or auto", DefaultValueFactory = _ => "auto" };
var data = new Option<string?>("--data") { Description = "folder to read data from instead of the data that ships with the scenario" };
var output = new Option<string>("--out") { Description = "folder for models and plots", DefaultValueFactory = _ => "artifacts" };

var list = new Command("list", "Prints the scenarios.");
list.SetAction(_ =>
{
    foreach (Sample sample in samples)
    {
        Console.WriteLine($"{sample.Name,-20} {sample.Description}");
    }
});

var root = new RootCommand("Implicit models for ML.NET, on real data.") { name, seed, device, data, output, list };
root.SetAction(result =>
{
    Sample sample = samples.Single(candidate => candidate.Name == result.GetValue(name));
    sample.Run(new SampleSettings(result.GetValue(seed), result.GetRequiredValue(device), result.GetValue(data), result.GetRequiredValue(output)));
});
return root.Parse(args).Invoke();
