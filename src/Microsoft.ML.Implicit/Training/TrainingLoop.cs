using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Training;

/// <summary>Mini-batch training with AdamW, early stopping, progress and cancellation.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly ITrainingProblem _problem;
    private readonly TrainingPlan _plan;
    private readonly IChannel _channel;
    private readonly EnsembleMember _member;
    private readonly AdamW _optimizer;
    private readonly Generator _generator;
    private readonly BestParameters _best;

    /// <summary>Creates the loop.</summary>
    /// <param name="problem">What to optimise.</param>
    /// <param name="plan">How.</param>
    /// <param name="channel">Receives a message an epoch.</param>
    /// <param name="member">Place of the trained module in an ensemble, over which epochs and time are counted on, or <see langword="null"/>.</param>
    public TrainingLoop(ITrainingProblem problem, TrainingPlan plan, IChannel channel, EnsembleMember? member = null)
    {
        _member = member ?? EnsembleMember.Alone();
        _problem = problem;
        _plan = plan;
        _channel = channel;
        _generator = new Generator((ulong)plan.Seed, CPU);
        _best = new BestParameters(problem.Module);
        _optimizer = new AdamW(problem.Module.parameters().Where(parameter => parameter.requires_grad), plan.WeightDecay);
    }

    /// <summary>Trains, and leaves the best parameters in the module.</summary>
    /// <exception cref="OperationCanceledException">
    /// Cancelled, and the options ask for that exception, no epoch of a problem that does not start fitted is finished, or there are networks already, whose mean one that is half trained would spoil.
    /// </exception>
    /// <exception cref="InvalidOperationException">The loss stopped being finite.</exception>
    public void Run()
    {
        try
        {
            if (_problem.StartsFitted)
            {
                _best.Offer(0, _problem.Validate());
            }

            for (int epoch = 1; epoch <= _plan.Epochs; epoch++)
            {
                double trainingLoss = RunEpoch(epoch);
                _problem.Module.eval();
                double? validationLoss = _problem.Validate();
                _best.Offer(epoch, validationLoss);
                Report(epoch, trainingLoss, validationLoss);
                if (validationLoss is not null && epoch - _best.Epoch >= _plan.Patience)
                {
                    _channel.Info($"No better validation loss since epoch {Counted(_best.Epoch)}: training ends.");
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (_plan.Options.OnCancellation == CancellationBehavior.ReturnBestModel && (_best.Epoch > 0 || _problem.StartsFitted) && _member.Index == 0)
        {
            _channel.Info($"Cancelled: the best epoch so far is {Counted(_best.Epoch)}.");
        }

        _best.Restore();
        _problem.Module.eval();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _generator.Dispose();
        _best.Dispose();
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
            _plan.Options.CancellationToken.ThrowIfCancellationRequested();
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

    private void Report(int epoch, double trainingLoss, double? validationLoss)
    {
        int total = _member.Count * _plan.Epochs;
        double iterations = _problem.TakeSolverIterations();
        double rate = _plan.RateAt(epoch / (double)_plan.Epochs);
        string validation = validationLoss is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", validation loss {validationLoss:G5}");
        _channel.Info(string.Create(CultureInfo.InvariantCulture, $"Epoch {Counted(epoch)}/{total}: training loss {trainingLoss:G5}{validation}, {iterations:F1} solver iterations."));
        _plan.Options.Progress?.Report(new TrainingProgress(Counted(epoch), total, trainingLoss, validationLoss, Counted(_best.Epoch), rate, iterations, Stopwatch.GetElapsedTime(_member.Start)));
    }
}
