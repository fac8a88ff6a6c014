using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>What each regularisation of the dynamics costs in accuracy and saves in evaluations, at several strengths, on annuli in five dimensions.</summary>
internal static class RegularizationQuality
{
    private const int Dimension = 5;
    private const int TrainRows = 2000;
    private const int TestRows = 2000;

    // Tight enough for evaluations to tell easy dynamics from hard ones.
    private const double Tolerance = 1e-5;

    private static readonly (string Name, Action<NeuralOdeOptions, double> Set, double[] Strengths)[] Kinds =
    [
        ("none", (_, _) => { }, [0]),
        ("kinetic and Jacobian (Finlay et al.)", (options, strength) => options.KineticPenalty = options.JacobianPenalty = strength, [0.001, 0.01, 0.1]),
        ("K = 2 (Kelly et al.)", (options, strength) => options.SecondDerivativePenalty = strength, [0.0001, 0.001, 0.01]),
        ("K = 3 (Kelly et al.)", (options, strength) => options.ThirdDerivativePenalty = strength, [0.00001, 0.0001, 0.001]),
        ("random end time (Ghosh et al.)", (options, strength) => options.EndTimeSpread = strength, [0.25, 0.5, 0.9]),
    ];

    public static void Run(int seeds, IReadOnlyList<string> settings, string figure)
    {
        Console.WriteLine("regularisation\tstrength\taccuracy\tevaluations\tseconds to train");
        (Action<NeuralOdeOptions, double> Set, double Strength, int Seed)[] all =
            [.. Kinds.SelectMany(kind => kind.Strengths.SelectMany(strength => Enumerable.Range(1, seeds).Select(seed => (kind.Set, strength, seed))))];
        OdeTrial[] trials = OdeTrial.RunAll(all, trial => Try(trial.Seed, settings, trial.Set, trial.Strength));
        OdeTrial[] means = [.. trials.Chunk(seeds).Select(OdeTrial.Mean)];
        var plot = new Plot();
        int first = 0;
        foreach ((string name, _, double[] strengths) in Kinds)
        {
            OdeTrial[] kind = means[first..(first += strengths.Length)];
            for (int row = 0; row < kind.Length; row++)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{name}\t{strengths[row]}\t{kind[row].Accuracy:F4}\t{kind[row].Evaluations:F1}\t{kind[row].Seconds:F1}"));
            }

            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(kind.Select(trial => trial.Evaluations).ToArray(), kind.Select(trial => 100 * trial.Accuracy).ToArray());
            line.LegendText = name;
            line.MarkerSize = name == "none" ? 14 : 9;
        }

        plot.XLabel("evaluations of the vector field a row");
        plot.YLabel("accuracy on test rows (%)");
        plot.Title($"Regularised neural ODEs: annuli in {Dimension} dimensions, tolerance {Tolerance.ToString(CultureInfo.InvariantCulture)}");
        plot.ShowLegend(Alignment.LowerLeft);
        plot.SavePng(figure, 1000, 600);
        Console.WriteLine($"Figure: {figure}");
    }

    private static OdeTrial Try(int seed, IReadOnlyList<string> settings, Action<NeuralOdeOptions, double> set, double strength)
    {
        var ml = new MLContext(seed);
        NeuralOdeOptions options = AnnuliQuality.Options(augmented: 1);
        options.Tolerance = Tolerance;
        options.Solver = OdeSolverKind.Dopri5;
        set(options, strength);
        foreach (string setting in settings)
        {
            Setting.Apply(options, setting);
        }

        return OdeTrial.Run(ml, AnnuliData.Create(ml, Dimension, TrainRows, seed), AnnuliData.Create(ml, Dimension, TestRows, seed + 1000), options);
    }
}
