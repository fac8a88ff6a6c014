using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>Takes common steps of an explicit Runge-Kutta method whose stages lie in one tensor, whoever evaluates them.</summary>
/// <param name="method">Method.</param>
/// <param name="initialState"><c>[batch, ...]</c>.</param>
/// <param name="outputs"><c>[times, batch * ...]</c>, written.</param>
internal abstract class RungeKuttaStepper(ExplicitRungeKutta method, Tensor initialState, Tensor outputs) : TensorStepper(initialState, outputs)
{
    protected ExplicitRungeKutta Method => method;

    /// <summary>The stages of the step tried.</summary>
    protected StageBuffer Stages { get; } = new(method, initialState.reshape(-1));

    /// <summary>Number of leading stages that are evaluated.</summary>
    protected int StagesReady { get; set; }

    /// <summary>Signed size of the step tried.</summary>
    protected double StepSize { get; set; }

    // The end stage is the next step's first.
    public sealed override void Accept()
    {
        if (StagesReady > method.EndStage)
        {
            Stages.Row(0).copy_(Stages.Row(method.EndStage));
            StagesReady = 1;
        }
        else
        {
            StagesReady = 0;
        }

        base.Accept();
    }

    public sealed override void Restart() => StagesReady = 0;

    protected sealed override double[] RowErrors(AdaptiveStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scale = control.Scale(State, Trial);
        double[] errors = RowNorms(Stages.CombineError() / scale);
        if (method.CorrectionWeights.Length > 0)
        {
            errors = [.. errors.Zip(RowNorms(Stages.CombineCorrection() / scale), RungeKutta.CombineErrors)];
        }

        return Array.ConvertAll(errors, error => Math.Abs(StepSize) * error);
    }

    /// <summary>Evaluates stages of the step tried that are still missing.</summary>
    /// <param name="count">Number of leading stages that are wanted.</param>
    protected abstract void EvaluateStagesUpTo(int count);

    /// <summary>Root mean squares of tensors of one size, in one host read.</summary>
    protected static double[] RootMeanSquares(Tensor[] values)
    {
        double root = Math.Sqrt(values[0].numel());
        Tensor[] norms = Array.ConvertAll(values, value => value.norm());
        if (norms is [Tensor norm])
        {
            return [(norm.dtype == ScalarType.Float64 ? norm.item<double>() : norm.item<float>()) / root];
        }

        return [.. stack(norms).cpu().to(ScalarType.Float64).data<double>().Select(n => n / root)];
    }

    protected sealed override Tensor Interpolate(ReadOnlySpan<double> thetas)
    {
        EvaluateStagesUpTo(method.DenseStages);
        return Stages.Interpolate(State, StepSize, thetas);
    }

    protected override void Dispose(bool disposing)
    {
        Stages.Dispose();
        base.Dispose(disposing);
    }
}
