using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What the trainings of all models share: rows are read, some are held out, a check point is gone on from and kept, and the history
/// stays with the model. A model says how its rows are read and how it learns from them.
/// </summary>
/// <param name="options">The estimator's options.</param>
/// <param name="run">The run that it is trained in.</param>
internal abstract class ModelTraining<TRows, TModel>(ITrainerOptions options, TrainingRun run) : IModelTraining<TModel>
    where TRows : class, ITrainingRows<TRows>
    where TModel : ImplicitModelParameters
{
    protected TrainingRun Run => run;

    /// <summary>Model to go on from, or <see langword="null"/>.</summary>
    protected TModel? Initial { get; private set; }

    /// <summary>Whether rows that are held out are needed together with the others once more.</summary>
    protected virtual bool NeedsAllRows => false;

    public TModel Fit(IDataView trainData, IDataView? validationData, TModel? initialModel)
    {
        Initial = initialModel;
        using TRows training = Read(trainData);
        using TRows? validation = validationData is null ? null : ValidationRows.Read(() => Read(validationData));
        return Fit(training, validation);
    }

    /// <summary>Trains on rows that were read.</summary>
    /// <param name="rows">Disposed of where they were split, unless all are needed.</param>
    /// <param name="validation">Rows to validate on, or <see langword="null"/> to hold some out.</param>
    public TModel Fit(TRows rows, TRows? validation)
    {
        run.Begin(options, Initial is not null, rows, validation, Initial?.State);
        foreach (KeptSetting setting in Initial is null ? [] : KeptSettings(Initial))
        {
            RequireInitial(setting.IsKept, $"its {setting.Name} is {setting.Kept}, which it keeps, and the options say {setting.Given}. Say the same, or train another model.");
        }

        Examine(rows);
        using var generator = new Generator((ulong)run.Seed, CPU);
        if (validation is not null || HeldOutFraction(rows.Count) is not { } fraction)
        {
            return Complete(Train(rows, validation, generator));
        }

        run.KeepChoice($"Training.{nameof(run.Options.ValidationFraction)}", run.Options.ValidationFraction, fraction);
        if (HoldOut.Split(rows, run.Options.ValidationFraction ?? fraction, generator) is not { } split)
        {
            return Complete(Train(rows, null, generator));
        }

        using TRows training = split.Training, heldOut = split.Validation;
        if (!NeedsAllRows)
        {
            rows.Dispose();
        }

        return Complete(Train(training, heldOut, generator));
    }

    protected abstract TRows Read(IDataView data);

    /// <summary>The settings that a model to go on from keeps.</summary>
    protected virtual IEnumerable<KeptSetting> KeptSettings(TModel initial) => [];

    /// <summary>Looks at all rows before any is held out.</summary>
    protected virtual void Examine(TRows rows)
    {
    }

    /// <summary>Fraction of so many rows to hold out where the options do not say it; <see langword="null"/> where networks hold out parts of their own.</summary>
    protected virtual double? HeldOutFraction(long rows) => HoldOut.UsualFraction(rows);

    /// <summary>Trains the model.</summary>
    /// <param name="training">Rows to train on; disposed of by the caller.</param>
    /// <param name="validation">Rows to validate on, or <see langword="null"/>; disposed of by the caller.</param>
    /// <param name="generator">Source of random numbers, on the CPU, from which the rows to hold out were drawn.</param>
    protected abstract TModel Train(TRows training, TRows? validation, Generator generator);

    /// <exception cref="ArgumentException">The initial model does not fit.</exception>
    protected static void RequireInitial(bool fits, string fault)
    {
        if (!fits)
        {
            throw new ArgumentException($"Training cannot go on from the initial model: {fault}");
        }
    }

    /// <summary>Checks that the initial model can go on with the labels of another task, and warns where that is odd.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    protected void RequireInitialTask(PredictionTask initial, PredictionTask given, string labelColumn)
    {
        string? fault = initial.FaultOf(given, labelColumn);
        RequireInitial(fault is null, fault!);
        if (initial.DoubtOf(given, labelColumn) is { } doubt)
        {
            run.Channel.Warning($"The model that is gone on from keeps its units: {doubt}");
        }
    }

    /// <summary>Optimises a network, from where a check point was left.</summary>
    protected void Optimize(ITrainingProblem problem, TrainingPlan plan, EnsembleMember? member = null)
    {
        using var loop = new TrainingLoop(problem, plan, run, member ?? EnsembleMember.Alone);
        loop.Run();
    }

    /// <summary>Makes something of a network; where that fails, disposes of the network.</summary>
    protected static T HandOver<T>(IDisposable network, Func<T> complete)
    {
        try
        {
            return complete();
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private TModel Complete(TModel model)
    {
        run.Place(model.MoveTo);
        model.Training = run.Complete();
        return model;
    }
}
