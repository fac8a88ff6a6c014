using System.Diagnostics;
using System.Globalization;
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
    private int _epoch;
    private bool _isFinished;

    /// <summary>Creates the loop.</summary>
    /// <param name="problem">What to optimise.</param>
    /// <param name="plan">How.</param>
    /// <param name="run">Receives a message and a check point an epoch.</param>
    /// <param name="member">Place of the trained module in an ensemble, over which epochs and time are counted on, or <see langword="null"/>.</param>
    public TrainingLoop(ITrainingProblem problem, TrainingPlan plan, TrainingRun run, EnsembleMember? member = null)
    {
        _member = member ?? EnsembleMember.Alone();
        _problem = problem;
        _plan = plan;
        _run = run;
        _generator = new Generator((ulong)plan.Seed, CPU);
        _best = new BestParameters(problem.Module);
        _optimizer = new AdamW(problem.Module.parameters().Where(parameter => parameter.requires_grad), plan.WeightDecay);
    }

    private bool IsOver => _epoch >= _plan.Epochs || _epoch - _best.Epoch >= _plan.Patience;

    /// <summary>Trains, from where a check point was left, and leaves the best parameters in the module.</summary>
    /// <exception cref="OperationCanceledException">
    /// Cancelled, and the options ask for that exception, no epoch of a problem that does not start fitted is finished, or there are networks already, whose mean one that is half trained would spoil.
    /// </exception>
    /// <exception cref="InvalidOperationException">The loss stopped being finite.</exception>
    /// <exception cref="FormatException">The check point holds no state of such a training.</exception>
    public void Run()
    {
        if (_run.CheckPoint?.Resume(_member.Index, this) == true)
        {
            _run.Channel.Info($"Training goes on from a check point after epoch {Counted(_epoch)}.");
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
            _run.CheckPoint?.Keep(_member.Index, this);
        }
    }

    public void WriteState(BinaryWriter writer)
    {
        writer.Write(_epoch);
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
        _epoch = reader.ReadInt32();
        if (_epoch < 1 || _epoch > _plan.Epochs)
        {
            throw new FormatException($"The check point is one after epoch {_epoch} of {_plan.Epochs}.");
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
            if (_problem.StartsFitted && _epoch == 0)
            {
                _best.Offer(0, _problem.Validate());
            }

            while (!IsOver)
            {
                double trainingLoss = RunEpoch(_epoch + 1);
                _problem.Module.eval();
                double? validationLoss = _problem.Validate();
                _epoch++;
                _best.Offer(_epoch, validationLoss);
                double iterations = _problem.TakeSolverIterations();
                _run.CheckPoint?.Keep(_member.Index, this);
                Report(trainingLoss, validationLoss, iterations);
            }

            if (_epoch < _plan.Epochs)
            {
                _run.Channel.Info($"No better validation loss since epoch {Counted(_best.Epoch)}: training ends.");
            }
        }
        catch (OperationCanceledException) when (_plan.Options.OnCancellation == CancellationBehavior.ReturnBestModel && (_best.Epoch > 0 || _problem.StartsFitted) && _member.Index == 0)
        {
            _run.Channel.Info($"Cancelled: the best epoch so far is {Counted(_best.Epoch)}.");
        }
    }

    private double RunEpoch(int epoch)
    {
        using DisposeScope scope = NewDisposeScope();
        _problem.Module.train();
        Tensor order = randperm(_problem.ExampleCount, generator: _generator);
        long steps = (_problem.ExampleCount + _plan.BatchSize - 1) / _plan.BatchSize;
        double total = 0;
        for (long step = 0; step < steps; step++)
        {
            _run.ThrowIfCancelled();
            long first = step * _plan.BatchSize;
            long count = Math.Min(_plan.BatchSize, _problem.ExampleCount - first);
            double progress = (epoch - 1 + (step / (double)steps)) / _plan.Epochs;
            total += count * RunStep(order.narrow(0, first, count), progress, epoch);
        }

        return total / _problem.ExampleCount;
    }

    private double RunStep(Tensor examples, double progress, int epoch)
    {
        using DisposeScope scope = NewDisposeScope();
        _optimizer.ZeroGradients();
        double loss = _problem.TrainBatch(examples, progress);
        double norm = _optimizer.ClipGradients(_plan.Options.MaximumGradientNorm);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"Training stopped being finite in epoch {epoch} (loss {loss}, gradient norm {norm}). Lower Training.LearningRate (now {_plan.LearningRate}), and look for extreme values in the data."));
        }

        _optimizer.Step(_plan.RateAt(progress));
        return loss;
    }

    private int Counted(int epoch) => (_member.Index * _plan.Epochs) + epoch;

    private void Report(double trainingLoss, double? validationLoss, double iterations)
    {
        int total = _member.Count * _plan.Epochs;
        double rate = _plan.RateAt(_epoch / (double)_plan.Epochs);
        string validation = validationLoss is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", validation loss {validationLoss:G5}");
        _run.Channel.Info(string.Create(CultureInfo.InvariantCulture, $"Epoch {Counted(_epoch)}/{total}: training loss {trainingLoss:G5}{validation}, {iterations:F1} solver iterations."));
        _plan.Options.Progress?.Report(new TrainingProgress(Counted(_epoch), total, trainingLoss, validationLoss, Counted(_best.Epoch), rate, iterations, Stopwatch.GetElapsedTime(_member.Start)));
    }
}
