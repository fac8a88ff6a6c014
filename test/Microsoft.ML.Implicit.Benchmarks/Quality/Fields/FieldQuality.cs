using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>
/// Relative error of fields of equations at the last time of runs that were not trained on, from their first row, and the largest error of a coefficient in proportion to it (to the largest one of its term where it is 0). Equations are learned
/// as a whole, or by terms whose coefficients are found. Beside them a Fourier neural operator, which learns from the first and the last row of each run.
/// </summary>
internal static class FieldQuality
{
    private const int TestRuns = 50;
    private const int FirstTestSeed = 1000;

    public static void Run(IReadOnlyCollection<string> names, int seeds, string device)
    {
        Console.WriteLine("equation/model/training runs/noise\tseed\trelative error at the end\terror of the worst coefficient\tseconds to train");
        foreach (FieldKind kind in FieldKind.All)
        {
            foreach ((string model, int runs, double noise) in Trials(kind))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{kind.Name}/{model}/{runs}/{noise}");
                for (int seed = 1; seed <= seeds && (names.Count == 0 || names.Any(part => $"{name}/".StartsWith($"{part}/", StringComparison.Ordinal))); seed++)
                {
                    FieldData training = FieldData.Create(kind, runs, noise, seed), test = FieldData.Create(kind, TestRuns, 0, FirstTestSeed + seed);
                    long start = Stopwatch.GetTimestamp();
                    (Func<float[]> forecast, double? worst) = model == "operator" ? Operator(kind, training, test, seed, device) : Equation(kind, training, test, model == "known" ? kind.Known : [], seed, device);
                    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    double error = test.RelativeError(kind.Times.Length - 1, forecast());
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{seed}\t{error:F5}\t{(worst is null ? string.Empty : worst.Value.ToString("P2", CultureInfo.InvariantCulture))}\t{seconds:F0}"));
                }
            }
        }
    }

    private static IEnumerable<(string Model, int Runs, double Noise)> Trials(FieldKind kind)
    {
        const int few = 10;
        if (kind.Known.Length > 0)
        {
            yield return ("known", few, 0);
            yield return ("known", few, 0.01);
        }

        yield return ("learned", few, 0);
        yield return ("learned", few, 0.01);
        if (kind.Name == "burgers")
        {
            yield return ("operator", few, 0);
            yield return ("operator", 10 * few, 0);
            yield return ("operator", 100 * few, 0);
        }
    }

    private static (Func<float[]> Forecast, double? Worst) Equation(FieldKind kind, FieldData training, FieldData test, PhysicalTerm[] known, int seed, string device)
    {
        var ml = new MLContext(seed);
        FieldTransformer model = ml.Forecasting.ForecastField(new FieldOptions
        {
            Grid = kind.Grid,
            SeriesColumnName = nameof(FieldData.Row.Run),
            Horizon = [kind.Times[^1]],
            Terms = [.. known.Select(term => new PhysicalTerm(term.Kind))],
            LearnsClosure = known.Length == 0,
            ClosureDerivatives = kind.ClosureDerivatives,
            Derivatives = kind.Derivatives,
            Solver = kind.Solver,
            Training = { Device = device },
        }).Fit(training.Rows(ml));
        return (() =>
        {
            IDataView starts = ml.Data.FilterRowsByColumn(test.Rows(ml), nameof(FieldData.Row.Time), upperBound: kind.Times[1] / 2);
            return [.. model.Transform(starts).GetColumn<float[]>("Forecast").SelectMany(forecast => forecast)];
        }, known.Length == 0 ? null : known.Zip(model.Model.Terms, WorstError).Max());
    }

    private static double WorstError(PhysicalTerm truth, PhysicalTerm found)
    {
        double largest = truth.Coefficients.Max(Math.Abs);
        return truth.Coefficients.Zip(found.Coefficients, (right, value) => Math.Abs(value - right) / (right == 0 ? largest : Math.Abs(right))).Max();
    }

    private static (Func<float[]> Forecast, double? Worst) Operator(FieldKind kind, FieldData training, FieldData test, int seed, string device)
    {
        var network = new FourierOperator(seed);
        network.to(new Device(device));
        using (NewDisposeScope())
        {
            network.Train(Fields(training, 0), Fields(training, kind.Times.Length - 1), seed);
        }

        return (() =>
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            return [.. network.forward(Fields(test, 0)).cpu().contiguous().data<float>()];
        }, null);

        Tensor Fields(FieldData data, int time) => tensor(data.At(time), [data.Count, kind.Grid.PointCount]).to(new Device(device));
    }
}
