using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers.LightGbm;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>MNIST-1D: a neural ODE with a convolutional field over the signal, beside one with a dense field and LightGbm.</summary>
internal static class SignalQuality
{
    public static void Run(int seeds, IReadOnlyList<string> settings)
    {
        Console.WriteLine("model\taccuracy\tleast accuracy\tevaluations\tseconds to train");
        int[] all = [.. Enumerable.Range(1, seeds)];
        Print("convolutional neural ODE", OdeTrial.RunAll(all, seed => Try(seed, Convolutional(settings))));
        Print("dense neural ODE", OdeTrial.RunAll(all, seed => Try(seed, new NeuralOdeOptions { EnsembleSize = 1 })));
        double trees = all.Average(Trees);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"LightGbm\t{trees:F4}"));
    }

    private static NeuralOdeOptions Convolutional(IReadOnlyList<string> settings)
    {
        var options = new NeuralOdeOptions
        {
            Field = OdeFieldKind.Convolutional,
            Image = new ImageShape(1, 1, SignalDigits.Length),
            StateWidth = 24,
            HiddenWidth = 48,
            MaximumImageShift = 2,
            Training = { MaximumEpochs = 40 },
        };
        foreach (string setting in settings)
        {
            Setting.Apply(options, setting);
        }

        return options;
    }

    private static OdeTrial Try(int seed, NeuralOdeOptions options)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView test) = SignalDigits.Create(ml, seed);
        return OdeTrial.Run(ml, train, test, options);
    }

    private static double Trees(int seed)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView test) = SignalDigits.Create(ml, seed);
        return ml.MulticlassClassification.Evaluate(ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { Seed = seed }).Fit(train).Transform(test)).MicroAccuracy;
    }

    private static void Print(string name, OdeTrial[] trials)
    {
        OdeTrial mean = OdeTrial.Mean(trials);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}\t{mean.Accuracy:F4}\t{trials.Min(trial => trial.Accuracy):F4}\t{mean.Evaluations:F1}\t{mean.Seconds:F1}"));
    }
}
