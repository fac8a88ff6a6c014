using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>
/// Relative error of fields of the equation of Burgers at time 1 by the number of training runs: a learned equation, one of known terms whose viscosity is found, and a Fourier neural operator. The
/// equations see each run at eleven times, the operator its first and last field, which is all that it can use.
/// </summary>
internal static class FieldQuality
{
    private const int TestRuns = 100;

    private static readonly double[] Times = [.. Enumerable.Range(0, 11).Select(i => 0.1 * i)];

    public static void Run(int seeds, string device)
    {
        Console.WriteLine("model\ttraining runs\trelative error at time 1\tviscosity (0.1)\tseconds to train");
        BurgersData pool = BurgersData.Create(100, Times, seed: 1), test = BurgersData.Create(TestRuns, Times, seed: 2);
        Print("known terms", 10, seeds, seed => Equation(pool.Take(10), test, [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)], seed, device));
        foreach (int runs in (int[])[10, 100])
        {
            Print("learned equation", runs, seeds, seed => Equation(pool.Take(runs), test, [], seed, device));
            Print("Fourier neural operator", runs, seeds, seed => Operator(pool.Take(runs), test, seed, device));
        }

        BurgersData many = BurgersData.Create(1000, Times, seed: 1);
        Print("Fourier neural operator", many.Count, seeds, seed => Operator(many, test, seed, device));
    }

    private static (double Error, double? Viscosity) Equation(BurgersData training, BurgersData test, PhysicalTerm[] terms, int seed, string device)
    {
        var ml = new MLContext(seed);
        using FieldTransformer model = ml.Forecasting.ForecastField(new FieldOptions
        {
            Grid = BurgersData.Grid,
            SeriesColumnName = nameof(BurgersData.Row.Run),
            Horizon = [Times[^1]],
            Terms = terms,
            LearnsClosure = terms.Length == 0,
            Derivatives = FieldDerivatives.FourthOrder,
            Solver = FieldSolver.Implicit,
            Training = { Device = device },
        }).Fit(ml.Data.LoadFromEnumerable(training.Rows()));
        IDataView starts = ml.Data.LoadFromEnumerable(test.Rows().Where(row => row.Time == 0));
        float[] forecasts = [.. model.Transform(starts).GetColumn<float[]>("Forecast").SelectMany(forecast => forecast)];
        return (test.RelativeError(Times.Length - 1, forecasts), model.Model.Terms.FirstOrDefault(term => term.Kind == PhysicalTermKind.Diffusion)?.Coefficients[0]);
    }

    private static (double Error, double? Viscosity) Operator(BurgersData training, BurgersData test, int seed, string device)
    {
        using DisposeScope scope = NewDisposeScope();
        var network = new FourierOperator(seed);
        network.to(new Device(device));
        network.Train(Fields(training, 0), Fields(training, Times.Length - 1), seed);
        using IDisposable noGradient = no_grad();
        float[] forecasts = [.. network.forward(Fields(test, 0)).cpu().contiguous().data<float>()];
        return (test.RelativeError(Times.Length - 1, forecasts), null);

        Tensor Fields(BurgersData data, int time) => tensor(data.At(time), [data.Count, BurgersData.Points]).to(new Device(device));
    }

    private static void Print(string name, int runs, int seeds, Func<int, (double Error, double? Viscosity)> evaluate)
    {
        long start = Stopwatch.GetTimestamp();
        (double Error, double? Viscosity)[] results = [.. Enumerable.Range(1, seeds).Select(evaluate)];
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / seeds;
        string viscosity = results[0].Viscosity is null ? string.Empty : Text(results.Average(result => result.Viscosity!.Value));
        Console.WriteLine($"{name}\t{runs}\t{Text(results.Average(result => result.Error))}\t{viscosity}\t{seconds.ToString("F0", CultureInfo.InvariantCulture)}");
    }

    private static string Text(double value) => value.ToString("F5", CultureInfo.InvariantCulture);
}
