using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>What a neural ODE reached on test rows, and what it took.</summary>
/// <param name="Accuracy">Share of right answers.</param>
/// <param name="Evaluations">Mean evaluations of f a row.</param>
/// <param name="Seconds">Time to train.</param>
internal readonly record struct OdeTrial(double Accuracy, double Evaluations, double Seconds)
{
    private const string EvaluationColumn = "Evaluations";

    /// <summary>Trains and tests a classifier of a Boolean label, or of a key.</summary>
    public static OdeTrial Run(MLContext ml, IDataView train, IDataView test, NeuralOdeOptions options)
    {
        options.EvaluationColumnName = EvaluationColumn;
        bool isBinary = train.Schema[options.LabelColumnName].Type is BooleanDataViewType;
        long start = Stopwatch.GetTimestamp();
        NeuralOdeTrainer trainer = isBinary ? ml.BinaryClassification.Trainers.NeuralOde(options) : ml.MulticlassClassification.Trainers.NeuralOde(options);
        using NeuralOdeTransformer model = trainer.Fit(train);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        IDataView scored = model.Transform(test);
        double accuracy = isBinary ? ml.BinaryClassification.Evaluate(scored).Accuracy : ml.MulticlassClassification.Evaluate(scored).MicroAccuracy;
        return new OdeTrial(accuracy, scored.GetColumn<float>(EvaluationColumn).Average(), seconds);
    }

    /// <summary>One trial an item, side by side on the processors of the machine.</summary>
    public static OdeTrial[] RunAll<T>(IReadOnlyList<T> items, Func<T, OdeTrial> run)
    {
        var trials = new OdeTrial[items.Count];
        Parallel.For(0, items.Count, item => trials[item] = run(items[item]));
        return trials;
    }

    /// <summary>The mean of several.</summary>
    public static OdeTrial Mean(IReadOnlyList<OdeTrial> trials) =>
        new(trials.Average(trial => trial.Accuracy), trials.Average(trial => trial.Evaluations), trials.Average(trial => trial.Seconds));
}
