using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The training of dynamics by what they predict of windows of observations. The state that a window sets out from is estimated with the dynamics: one step of least squares each time the window
/// is trained on.
/// </summary>
internal sealed class MechanicsProblem : ITrainingProblem, IDisposable
{
    private const int MostValidationWindows = 128;
    private const int ValidationIterations = 2;

    private readonly MechanicalDynamics _dynamics;
    private readonly MotionSolver _solver;
    private readonly int[] _angles;
    private readonly MotionWindow[] _windows;
    private readonly MotionBatch? _validation;
    private readonly Tensor? _validationStarts;
    private readonly StateEstimation? _estimation;
    private readonly Tensor _starts;
    private readonly Device _device;
    private readonly CancellationToken _cancellationToken;
    private readonly SolverMeter _meter = new();

    /// <param name="dynamics">What is trained.</param>
    /// <param name="angles">Which variables are angles.</param>
    /// <param name="windows">Windows to train on, at least one.</param>
    /// <param name="validation">Windows to validate on.</param>
    /// <param name="estimatesStates">Whether states that windows set out from are estimated.</param>
    /// <param name="device">Where the dynamics are.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public MechanicsProblem(MechanicalDynamics dynamics, int[] angles, MotionWindow[] windows, MotionWindow[] validation, bool estimatesStates, Device device, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        (_dynamics, _angles, _windows, _device, _cancellationToken) = (dynamics, angles, windows, device, cancellationToken);
        _solver = MotionSolver.Create(dynamics, windows[0].Motion.States[0].Length / 2);
        _estimation = estimatesStates ? new StateEstimation(_solver, angles) : null;
        _starts = Guesses(windows, device).DetachFromDisposeScope();
        if (validation.Length > 0)
        {
            MotionWindow[] some = [.. validation.Where((_, i) => (long)i * MostValidationWindows / validation.Length != (long)(i - 1) * MostValidationWindows / validation.Length || i == 0)];
            _validation = MotionBatch.Create(some, device).Detach();
            _validationStarts = Guesses(some, device).DetachFromDisposeScope();
        }
    }

    public nn.Module Module => _dynamics;

    public long ExampleCount => _windows.Length;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        MotionBatch batch = MotionBatch.Create([.. examples.data<long>().Select(example => _windows[example])], _device);
        Tensor places = examples.to(_device);
        Tensor starts = _starts.index_select(0, places);
        if (_estimation is not null)
        {
            starts = _estimation.Improve(batch, starts, iterations: 1, _cancellationToken);
            _starts.index_copy_(0, places, starts);
        }

        (batch, IMotionSolution found) = SolveSound(batch, starts);
        using IMotionSolution solution = found;
        Tensor path = solution.States.detach().requires_grad_();
        Tensor loss = Loss(batch, path);
        loss.backward();
        solution.Backward(path.grad!);
        return loss.detach();
    }

    public Tensor? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Tensor starts = _estimation?.Improve(_validation, _validationStarts!, ValidationIterations, _cancellationToken) ?? _validationStarts!;
        using IMotionSolution solution = StateEstimation.Solve(_solver, _validation, starts, differentiable: false, _cancellationToken);
        return Loss(_validation, solution.States).MoveToOuterDisposeScope();
    }

    public void WriteState(BinaryWriter writer) => StoredTensor.Write(writer, _starts);

    public void ReadState(BinaryReader reader) => StoredTensor.Read(reader, "of the starts", _starts);

    public void Dispose()
    {
        _starts.Dispose();
        _validationStarts?.Dispose();
        _validation?.Dispose();
    }

    // Some weights on the way let a motion blow up: it says nothing then, and the others, or at last what comes before, are learned from.
    private (MotionBatch Batch, IMotionSolution Solution) SolveSound(MotionBatch batch, Tensor starts)
    {
        while (true)
        {
            IMotionSolution solution = StateEstimation.Solve(_solver, batch, starts, differentiable: true, _cancellationToken);
            _meter.Add(solution.Evaluations);
            IReadOnlyList<long> sound = solution.SoundRows;
            if (sound.Count == starts.shape[0])
            {
                return (batch, solution);
            }

            using (solution)
            {
                if (sound.Count > 0)
                {
                    Tensor rows = tensor(sound.ToArray(), device: _device);
                    (batch, starts) = (batch.Select(rows), starts.index_select(0, rows));
                }
                else if (batch.Pieces > 1)
                {
                    batch = batch.First(batch.Pieces / 2);
                }
                else
                {
                    throw new InvalidOperationException(
                        "Training stopped being finite: the motion from every observation to the next blows up. Lower Training.LearningRate, and look for extreme values in the data.");
                }
            }
        }
    }

    private static Tensor Guesses(MotionWindow[] windows, Device device) =>
        NativeTensor.Of(windows.SelectMany(window => window.Motion.Guess(window.Start)!).ToArray(), [windows.Length, windows[0].Motion.States[0].Length], device);

    // Of residuals r in units the mean of √(1 + r²) - 1: as their squares while they are small, and as themselves where an observation is far off.
    private Tensor Loss(MotionBatch batch, Tensor states)
    {
        Tensor weight = batch.Mask * batch.Weights.view(1, -1, 1);
        Tensor residual = MotionResiduals.Of(batch, states, _angles);
        return ((residual.Squared().Plus(1.Held()).sqrt() - 1.Held()) * weight).sum() / batch.Mask.sum().clamp_min(1.Held());
    }
}
