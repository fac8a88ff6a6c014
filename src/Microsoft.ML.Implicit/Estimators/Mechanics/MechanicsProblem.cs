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
    private const double Lost = 2;
    private const int ShortestPieces = 3;
    private const double GrowthStart = 0.4;
    private const double GrowthLength = 0.3;

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
    private readonly MechanicsGuard _guard;
    private readonly MotionBatch _watched;
    private readonly Tensor _watchedPlaces;

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
        _guard = new MechanicsGuard(dynamics, _starts);
        int[] watched = Some(windows.Length);
        _watched = MotionBatch.Create([.. watched.Select(i => windows[i])], device).Detach();
        _watchedPlaces = tensor(Array.ConvertAll(watched, i => (long)i), device: device).DetachFromDisposeScope();
        if (validation.Length > 0)
        {
            MotionWindow[] some = [.. Some(validation.Length).Select(i => validation[i])];
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
        batch = batch.First(Math.Min(batch.Pieces, PiecesAt(progress, batch.Pieces)));
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
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        using (IMotionSolution whole = StateEstimation.Solve(_solver, _watched, _starts.index_select(0, _watchedPlaces), differentiable: false, _cancellationToken))
        {
            _guard.Judge(Loss(_watched, whole.States).ReadDouble());
        }

        if (_validation is null)
        {
            return null;
        }

        Tensor starts = _estimation?.Improve(_validation, _validationStarts!, ValidationIterations, _cancellationToken) ?? _validationStarts!;
        using IMotionSolution solution = StateEstimation.Solve(_solver, _validation, starts, differentiable: false, _cancellationToken);
        return Loss(_validation, solution.States).MoveToOuterDisposeScope();
    }

    public void WriteState(BinaryWriter writer)
    {
        StoredTensor.Write(writer, _starts);
        _guard.WriteState(writer);
    }

    public void ReadState(BinaryReader reader)
    {
        StoredTensor.Read(reader, "of the starts", _starts);
        _guard.ReadState(reader);
    }

    public void Dispose()
    {
        _starts.Dispose();
        _validationStarts?.Dispose();
        _validation?.Dispose();
        _watched.Dispose();
        _watchedPlaces.Dispose();
        _guard.Dispose();
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

    // Indices of the most windows that are validated on, evenly apart.
    private static int[] Some(int count) => [.. Enumerable.Range(0, count).Where(i => i == 0 || (long)i * MostValidationWindows / count != (long)(i - 1) * MostValidationWindows / count)];

    private static Tensor Guesses(MotionWindow[] windows, Device device) =>
        NativeTensor.Of(windows.SelectMany(window => window.Motion.Guess(window.Start)!).ToArray(), [windows.Length, windows[0].Motion.States[0].Length], device);

    // Dynamics that are not learned yet go wrong sooner than windows are long: these grow from the shortest that tell a state and what moves it.
    private static int PiecesAt(double progress, int pieces) => (int)Math.Ceiling(ShortestPieces + ((pieces - ShortestPieces) * Math.Clamp((progress - GrowthStart) / GrowthLength, 0, 1)));

    // Of residuals r in units the mean of √(1 + r²) - 1: as their squares while they are small, as themselves where an observation is far off, and no more where the motion is lost: how far it went says nothing.
    private Tensor Loss(MotionBatch batch, Tensor states)
    {
        Tensor weight = batch.Mask * batch.Weights.view(1, -1, 1);
        Tensor residual = MotionResiduals.Of(batch, states, _angles).clamp((-Lost).Held(), Lost.Held());
        return ((residual.Squared().Plus(1.Held()).sqrt() - 1.Held()) * weight).sum() / batch.Mask.sum().clamp_min(1.Held());
    }
}
