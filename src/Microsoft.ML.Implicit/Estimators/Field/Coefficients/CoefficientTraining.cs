using System.Globalization;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The fit of coefficients as a part of a training: every step is reported as an epoch, a check point is kept, and training can be cancelled.</summary>
internal sealed class CoefficientTraining : IResumable
{
    // Where the options do not say how many.
    private const int MostSteps = 100;

    // Of the change from row to row, beyond which a warning says how little was learned.
    private const double LittleLearned = 0.5;

    private readonly FieldOptions _options;
    private readonly TrainingRun _run;
    private readonly CoefficientFit _fit;
    private readonly FieldSteps _steps;
    private readonly List<TrainingProgress> _epochs = [];
    private readonly int _mostEpochs;
    private bool _isCancelled;

    /// <param name="options">The forecaster's options.</param>
    /// <param name="run">The run.</param>
    /// <param name="dynamics">The equation, whose weights are set.</param>
    /// <param name="windows">Rows to fit.</param>
    /// <param name="held">Rows that are held out, or <see langword="null"/>.</param>
    /// <param name="epochsAfter">Epochs of gradient training that may follow.</param>
    public CoefficientTraining(FieldOptions options, TrainingRun run, FieldDynamics dynamics, FieldWindows windows, FieldWindows? held, int epochsAfter)
    {
        (_options, _run, _steps) = (options, run, windows.Steps());
        _mostEpochs = Steps + epochsAfter;
        foreach (LocalClosure closure in dynamics.Terms.OfType<LocalClosure>())
        {
            closure.Spread(dynamics.StateOf(_steps.Start));
        }

        _fit = new CoefficientFit(dynamics, _steps, held?.Steps() ?? _steps, options.Solver, Steps, Keep, run.CancellationToken);
    }

    /// <summary>Its steps.</summary>
    public IReadOnlyList<TrainingProgress> Epochs => _epochs;

    private int Steps => _options.Training.MaximumEpochs ?? MostSteps;

    /// <summary>Fits the coefficients, from where a check point was left.</summary>
    /// <returns>Whether that is all there is to learn.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and the options ask for that exception or no step is done.</exception>
    public bool Run()
    {
        if (_run.CheckPoint?.Resume(0, this) == true && _epochs.Count > 0)
        {
            _run.Resume(_epochs[^1].Elapsed);
            _run.Channel.Info($"Training goes on from a check point after step {_epochs.Count} of the coefficients.");
        }

        try
        {
            _fit.Run();
            _run.CheckPoint?.Keep(0, this);
        }
        catch (OperationCanceledException) when (_options.Training.OnCancellation == CancellationBehavior.ReturnBestModel && _epochs.Count > 0)
        {
            _isCancelled = true;
        }

        if (!_isCancelled && _options.LearnsClosure && !(_fit.Error < CoefficientFit.NegligibleError))
        {
            return false;
        }

        Warn();
        _run.KeepChoice($"Training.{nameof(TrainingOptions.MaximumEpochs)}", _options.Training.MaximumEpochs, Steps);
        _run.Keep(new NetworkTraining(_run.Seed, _isCancelled ? TrainingEnd.Cancelled : _fit.IsCutShort ? TrainingEnd.LastEpoch : TrainingEnd.NoImprovement, _epochs.Count, _epochs));
        return true;
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_epochs.Count);
        foreach (double number in _epochs.SelectMany(TrainingProgressFormat.ToNumbers))
        {
            writer.Write(number);
        }

        _fit.WriteState(writer);
    }

    public void ReadState(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > Steps)
        {
            throw new FormatException($"The check point is one after step {count} of {Steps}.");
        }

        while (_epochs.Count < count)
        {
            _epochs.Add(TrainingProgressFormat.FromNumbers([.. TrainingProgressFormat.Columns.Select(_ => reader.ReadDouble())]));
        }

        _fit.ReadState(reader);
    }

    private void Keep(double error)
    {
        var epoch = new TrainingProgress(_epochs.Count + 1, _mostEpochs, error * error, null, _epochs.Count + 1, 0, _fit.Meter.Take(), _run.Elapsed);
        _run.Channel.Info(string.Create(CultureInfo.InvariantCulture, $"Step {epoch.Epoch} of the coefficients: error {error:G4} of what changes from row to row."));
        _epochs.Add(epoch);
        _run.CheckPoint?.Keep(0, this);
        _options.Training.Progress?.Report(epoch);
        _run.ThrowIfCancelled();
    }

    private void Warn()
    {
        if (_steps.IsConstant)
        {
            _run.Channel.Warning(
                $"Every field in column '{_options.InputColumnName}' is the same at all points and does not change. Nothing follows from that: coefficients that are to be learned stay where the search set out from.");
        }
        else if (_fit.Error > LittleLearned && double.IsFinite(_fit.Error))
        {
            _run.Channel.Warning(string.Create(
                CultureInfo.InvariantCulture,
                $"The equation forecasts a next row that is off by {_fit.Error:G2} of what changes from row to row: the change is mostly noise, or of another kind than the terms. Take rows farther apart, or more of them, before trusting the coefficients."));
        }
    }
}
