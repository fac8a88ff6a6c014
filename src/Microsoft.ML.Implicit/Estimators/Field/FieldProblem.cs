using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of a field's equation: the mean square error of what it makes of a field after the times of those that follow, in proportion to how far the field moves until then.</summary>
/// <remarks>A batch whose equation cannot be solved, as it may be after too large a step, teaches nothing.</remarks>
internal sealed class FieldProblem : ITrainingProblem
{
    private const int ValidationBatch = 64;

    // The loss where an equation cannot be solved: that of a forecast ten times as far off as no change at all.
    private const double Unsolved = 100;

    // What a network must better the loss of the equation that training sets out from by, to be worth having.
    private const double NetworkWorth = 0.8;

    private readonly FieldDynamics _dynamics;
    private readonly FieldWindows _training;
    private readonly FieldWindows? _validation;
    private readonly FieldOptions _options;
    private readonly Device _device;
    private readonly CancellationToken _cancellation;
    private readonly double[] _changes;
    private readonly SolverMeter _meter = new();
    private bool _hasTrained;

    public FieldProblem(FieldDynamics dynamics, FieldWindows training, FieldWindows? validation, FieldOptions options, Device device, CancellationToken cancellation)
    {
        (_dynamics, _training, _validation, _options, _device, _cancellation) = (dynamics, training, validation, options, device, cancellation);
        _changes = MeanSquareChanges();
    }

    public nn.Module Module => _dynamics;

    public bool StartsFitted => true;

    public long ExampleCount => _training.Count;

    public double TakeSolverIterations() => _meter.Take();

    public Tensor TrainBatch(Tensor examples, double progress)
    {
        _hasTrained = true;
        int length = Math.Min(_options.RolloutLength, 1 + (int)(progress * _options.RolloutLength));
        FieldBatchWindow batch = _training.Build([.. examples.data<long>()], _device);
        OdeSolution[] solutions = [];
        try
        {
            solutions = FieldRollout.Solve(_dynamics, batch, length, _options.Solver, differentiable: true, _cancellation);
            Array.ForEach(solutions, solution => _meter.Add(solution.Statistics.Evaluations));
            if (!Array.TrueForAll(solutions, solution => solution.Converged))
            {
                return full([], Unsolved.Held(), device: _device);
            }

            Tensor states = stack([.. solutions.Select(solution => solution.States[1])]).detach().requires_grad_();
            Tensor loss = Errors(batch, states).sum() / (length * batch.Start.shape[0]).Held();
            loss.backward();
            Reverse(solutions, states.grad!);
            return loss.detach();
        }
        finally
        {
            Array.ForEach(solutions, solution => solution.Dispose());
        }
    }

    /// <remarks>Before training, the loss of the equation that it sets out from is told a part lower, so that only what betters it clearly takes its place.</remarks>
    public Tensor? Validate()
    {
        if (_validation is null)
        {
            return null;
        }

        using IDisposable noGradient = no_grad();
        Tensor total = zeros([], ScalarType.Float64, _device), count = zeros([], ScalarType.Float64, _device);
        foreach (long[] examples in Enumerable.Range(0, _validation.Count).Select(i => (long)i).Chunk(ValidationBatch))
        {
            using DisposeScope scope = NewDisposeScope();
            FieldBatchWindow batch = _validation.Build(examples, _device);
            OdeSolution[] solutions = FieldRollout.Solve(_dynamics, batch, _options.RolloutLength, _options.Solver, differentiable: false, _cancellation);
            total.PlusInPlace(Errors(batch, stack([.. solutions.Select(solution => solution.States[1])])).nan_to_num(Unsolved).sum().to(ScalarType.Float64));
            Array.ForEach(solutions, solution => solution.Dispose());
            count.PlusInPlace(batch.Weights.sum().to(ScalarType.Float64));
        }

        return _hasTrained ? total / count : total / count * NetworkWorth.Held();
    }

    // Every step is solved anew.
    public void WriteState(BinaryWriter writer)
    {
    }

    public void ReadState(BinaryReader reader)
    {
    }

    // The gradient of a state is that of its own error and that of all that follows from it.
    private void Reverse(OdeSolution[] solutions, Tensor gradients)
    {
        Tensor following = zeros_like(gradients[0]);
        for (int k = solutions.Length - 1; k >= 0; k--)
        {
            Tensor end = gradients[k].Plus(following);
            OdeGradients found = solutions[k].Backward(stack([zeros_like(end), end]));
            found.AccumulateInto(_dynamics.Parameters);
            following = found.InitialState;
        }
    }

    // Weighted errors, [length, batch].
    private Tensor Errors(FieldBatchWindow batch, Tensor states)
    {
        int length = (int)states.shape[0];
        Tensor weights = batch.Weights.narrow(0, 0, length) / NativeTensor.Of(_changes[..length], [length, 1], _device).to(batch.Weights.dtype);
        return (states - batch.Targets.narrow(0, 0, length)).Squared().flatten(2).mean([2]) * weights;
    }

    private double[] MeanSquareChanges()
    {
        using DisposeScope scope = NewDisposeScope();
        FieldBatchWindow sample = _training.Sample();
        Tensor changes = (sample.Targets - sample.Start).Squared().flatten(2).mean([2]);
        double[] means = [.. ((changes * sample.Weights).sum(1) / sample.Weights.sum(1)).data<double>()];
        double usual = Array.Find(means, mean => mean > 0 && double.IsFinite(mean)) is > 0 and var first ? first : 1;
        return Array.ConvertAll(means, mean => mean > 0 && double.IsFinite(mean) ? mean : usual);
    }
}
