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
        var plot = new Plot();
        foreach ((string name, Action<NeuralOdeOptions, double> set, double[] strengths) in Kinds)
        {
            OdeTrial[] trials = Array.ConvertAll(strengths, strength => Try(name, seeds, settings, set, strength));
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(trials.Select(trial => trial.Evaluations).ToArray(), trials.Select(trial => 100 * trial.Accuracy).ToArray());
            line.LegendText = name;
            line.MarkerSize = name == "none" ? 14 : 9;
        }

        plot.XLabel("evaluations of the vector field a row");
        plot.YLabel("accuracy on test rows (%)");
        plot.Title($"Regularised neural ODEs: annuli in {Dimension} dimensions, tolerance {Tolerance.ToString(CultureInfo.InvariantCulture)}");
        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(figure, 1000, 600);
        Console.WriteLine($"Figure: {figure}");
    }

    private static OdeTrial Try(string name, int seeds, IReadOnlyList<string> settings, Action<NeuralOdeOptions, double> set, double strength)
    {
        OdeTrial mean = OdeTrial.Mean([.. Enumerable.Range(1, seeds).Select(seed =>
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
        })]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{strength}\t{mean.Accuracy:F4}\t{mean.Evaluations:F1}\t{mean.Seconds:F1}"));
        return mean;
    }
}
