using System.Globalization;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Mini-batch training with AdamW, early stopping, progress, cancellation and check points.</summary>
internal sealed class TrainingLoop : IResumable, IDisposable
{
    private readonly ITrainingProblem _problem;
    private readonly TrainingPlan _plan;
    private readonly TrainingRun _run;
    private readonly EnsembleMember _member;
    private readonly AdamW _optimizer;
    private readonly Generator _generator;
    private readonly BestParameters _best;
    private readonly Device _device;
    private readonly int _networkCount;
    private readonly List<TrainingProgress> _history = [];

    // Of each network, epoch by epoch.
    private readonly List<double[]> _losses = [];
    private bool _isFinished;

    /// <summary>Creates the loop.</summary>
    /// <param name="problem">What to optimise.</param>
    /// <param name="plan">How.</param>
    /// <param name="run">Receives a message and a check point an epoch, and the history at the end.</param>
    /// <param name="member">Place of the trained module in an ensemble, over which epochs are counted on.</param>
    public TrainingLoop(ITrainingProblem problem, TrainingPlan plan, TrainingRun run, EnsembleMember member)
    {
        _member = member;
        _problem = problem;
        _plan = plan;
        _run = run;
        _generator = new Generator((ulong)plan.Seed, CPU);
        _device = run.Device;
        _best = new BestParameters(problem.Module);
        IReadOnlyList<double> weightDecays = problem.StackedWeightDecays ?? [plan.WeightDecay];
        _networkCount = weightDecays.Count;
        _optimizer = new AdamW(problem.Module.parameters().Where(parameter => parameter.requires_grad), weightDecays);
    }

    private int Epoch => _history.Count;

    private bool StartsFitted => _run.StartsFitted || _problem.StartsFitted;

    private bool IsOver => Epoch >= _plan.Epochs || Epoch - _best.Epoch >= _plan.Patience;

    /// <summary>Trains, from where a check point was left, and leaves the best parameters in the module.</summary>
    /// <exception cref="OperationCanceledException">
    /// Cancelled, and the options ask for that exception, no epoch of a problem that does not start fitted is finished, or there are networks already, whose mean one that is half trained would spoil.
    /// </exception>
    /// <exception cref="InvalidOperationException">The loss stopped being finite.</exception>
    /// <exception cref="FormatException">The check point holds no state of such a training.</exception>
    public void Run()
    {
        if (_run.CheckPoint?.Resume(_member.CheckPointIndex, this) == true)
        {
            _run.Resume(_history[^1].Elapsed);
            _run.Channel.Info($"Training goes on from a check point after epoch {Counted(Epoch)}.");
        }

        if (!_isFinished)
        {
            Train();
            _best.Restore();
        }

        _problem.Module.eval();
        if (IsOver && !_isFinished)
        {
            _isFinished = true;
            _run.CheckPoint?.Keep(_member.CheckPointIndex, this);
        }

        TrainingEnd end = Epoch >= _plan.Epochs ? TrainingEnd.LastEpoch : _isFinished ? TrainingEnd.NoImprovement : TrainingEnd.Cancelled;
        for (int network = 0; network < _networkCount; network++)
        {
            IEnumerable<TrainingProgress> history = _history.Select((epoch, i) => epoch with { TrainingLoss = _losses[i][network] });
            _run.Keep(new NetworkTraining(_plan.Seed, end, _history.Count > 0 ? _history[^1].BestEpoch : Counted(0), [.. history]));
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(Epoch);
        foreach (double number in _history.SelectMany(TrainingProgressFormat.ToNumbers).Concat(_losses.SelectMany(losses => losses)))
        {
            writer.Write(number);
        }

        writer.Write(_isFinished);
        ModuleState.Write(writer, _problem.Module);
        _problem.WriteState(writer);
        if (!_isFinished)
        {
            _best.WriteState(writer);
            _optimizer.WriteState(writer);
            GeneratorState.Write(writer, _generator);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        int epoch = reader.ReadInt32();
        if (epoch < 1 || epoch > _plan.Epochs)
        {
            throw new FormatException($"The check point is one after epoch {epoch} of {_plan.Epochs}.");
        }

        while (_history.Count < epoch)
        {
            _history.Add(TrainingProgressFormat.FromNumbers([.. TrainingProgressFormat.Columns.Select(_ => reader.ReadDouble())]));
        }

        while (_losses.Count < epoch)
        {
            _losses.Add([.. Enumerable.Range(0, _networkCount).Select(_ => reader.ReadDouble())]);
        }

        _isFinished = reader.ReadBoolean();
        ModuleState.Read(reader, _problem.Module);
        _problem.ReadState(reader);
        if (!_isFinished)
        {
            _best.ReadState(reader);
            _optimizer.ReadState(reader);
            GeneratorState.Read(reader, _generator);
        }
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _generator.Dispose();
        _best.Dispose();
    }

    private void Train()
    {
        try
        {
            if (StartsFitted && Epoch == 0)
            {
                OfferStart();
            }

            while (!IsOver)
            {
                TrainingProgress progress = RunEpoch(Epoch + 1);
                _history.Add(progress);
                _run.CheckPoint?.Keep(_member.CheckPointIndex, this);
                Report(progress);
            }

            if (Epoch < _plan.Epochs)
            {
                _run.Channel.Info($"No better validation loss since epoch {Counted(_best.Epoch)}: training ends.");
            }
        }
        catch (OperationCanceledException) when (_plan.Options.OnCancellation == CancellationBehavior.ReturnBestModel && (_best.Epoch > 0 || StartsFitted) && _member.Index == 0)
        {
            _run.Channel.Info($"Cancelled: the best epoch so far is {Counted(_best.Epoch)}.");
        }
    }

    private void OfferStart()
    {
        using DisposeScope scope = NewDisposeScope();
        _best.Offer(0, _problem.Validate()?.ReadDouble());
    }

    private TrainingProgress RunEpoch(int epoch)
    {
        using DisposeScope scope = NewDisposeScope();
        var losses = new EpochLosses(_networkCount, _problem.ExampleCount, _device);
        Tensor? validation;
        try
        {
            RunSteps(losses, epoch);
            _problem.Module.eval();
            validation = _problem.Validate();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What is computed from numbers that are not finite fails in ways that tell nothing.
            ThrowIfNotFinite(losses.Read(null), epoch, exception);
            throw;
        }

        EpochReading reading = losses.Read(validation);
        ThrowIfNotFinite(reading, epoch);
        _best.Offer(epoch, reading.ValidationLoss);
        _losses.Add(reading.TrainingLosses);
        return new TrainingProgress(
            Counted(epoch),
            Counted(0) + ((_member.Count - _member.Index) * _plan.Epochs),
            reading.TrainingLosses.Average(),
            reading.ValidationLoss,
            Counted(_best.Epoch),
            _plan.RateAt(epoch / (double)_plan.Epochs),
            _problem.TakeSolverIterations(),
            _run.Elapsed);
    }

    private void RunSteps(EpochLosses losses, int epoch)
    {
        _problem.Module.train();
        Tensor order = randperm(_problem.ExampleCount, generator: _generator);
        long steps = (_problem.ExampleCount + _plan.BatchSize - 1) / _plan.BatchSize;
        for (long step = 0; step < steps; step++)
        {
            _run.ThrowIfCancelled();
            using DisposeScope scope = NewDisposeScope();
            long first = step * _plan.BatchSize;
            long count = Math.Min(_plan.BatchSize, _problem.ExampleCount - first);
            double progress = (epoch - 1 + (step / (double)steps)) / _plan.Epochs;
            _optimizer.ZeroGradients();
            Tensor loss = _problem.TrainBatch(order.narrow(0, first, count), progress);
            losses.Add(loss, _optimizer.ClipGradients(_plan.Options.MaximumGradientNorm), count);
            _optimizer.Step(_plan.RateAt(progress));
        }
    }

    private void ThrowIfNotFinite(EpochReading reading, int epoch, Exception? consequence = null)
    {
        int network = Array.FindIndex([.. reading.LatestLosses.Zip(reading.LatestNorms)], latest => !double.IsFinite(latest.First) || !double.IsFinite(latest.Second));
        if (network >= 0)
        {
            throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training stopped being finite in epoch {epoch} (loss {reading.LatestLosses[network]}, gradient norm {reading.LatestNorms[network]}). Lower Training.LearningRate (now {_plan.LearningRate}), and look for extreme values in the data"
                    + $"{(_run.StartsFitted ? ", and whether they are in the units of those that the initial model was trained on" : "")}."),
                consequence);
        }
    }

    private int Counted(int epoch) => (_member.Earlier ?? 0) + (_member.Index * _plan.Epochs) + epoch;

    private void Report(TrainingProgress progress)
    {
        string validation = progress.ValidationLoss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", validation loss {loss:G5}") : string.Empty;
        _run.Channel.Info(string.Create(
            CultureInfo.InvariantCulture, $"Epoch {progress.Epoch}/{progress.MaximumEpochs}: training loss {progress.TrainingLoss:G5}{validation}, {progress.SolverIterations:F1} solver iterations."));
        _plan.Options.Progress?.Report(progress);
    }
}
