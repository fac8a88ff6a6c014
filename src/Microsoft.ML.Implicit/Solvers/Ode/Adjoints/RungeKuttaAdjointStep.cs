using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// The adjoint of explicit Runge-Kutta steps. With rⱼ the cotangent of the point of stage j and gᵢ that of the stage kᵢ,
/// in reverse order: gᵢ = h Σⱼ aⱼᵢrⱼ + dense output's share, rᵢ = gᵢᵀ ∂f/∂z (Hager, Runge-Kutta methods in optimal
/// control and the transformed adjoint system, 2000). The row of the end stage is b, so its point is the step's result.
/// </summary>
/// <remarks>
/// The end stage is the next step's first stage. Its cotangent is gathered from both steps and pulled back once, so a
/// step costs as many linearizations as stages that make its result.
/// </remarks>
internal sealed class RungeKuttaAdjointStep : CommonAdjointStep
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly ExplicitRungeKutta _method;
    private readonly long[] _shape;
    private readonly Tensor _parameterGradient;
    private readonly StageBuffer _stages;
    private readonly CotangentBuffer _cotangents;
    private Tensor _adjoint;
    private OdeLinearization? _first;
    private Tensor? _firstCotangent;

    public RungeKuttaAdjointStep(IDifferentiableOdeTerm term, ExplicitRungeKutta method, long[] shape, Tensor like, Tensor parameterGradient)
    {
        _term = term;
        _method = method;
        _shape = shape;
        _parameterGradient = parameterGradient;
        _stages = new StageBuffer(method, like);
        _cotangents = new CotangentBuffer(method, like);
        _adjoint = zeros_like(like).DetachFromDisposeScope();
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        _stages.SetStepSize(step.Size);
        for (int i = 0; i < _method.EndStage; i++)
        {
            Tensor point = _stages.Combine(state, i);
            _stages.Evaluate(i, _term, step.At(_method.C[i]), point.view(_shape));
        }

        return _stages.Combine(state, _method.EndStage).MoveToOuterDisposeScope();
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        if (inside < thetas.Length)
        {
            _adjoint.PlusInPlace(outputCotangents[inside]);
        }

        int end = _method.EndStage;
        int stageCount = inside > 0 ? Math.Max(_method.DenseStages, end) : end;
        bool pullsEnd = stageCount > end || _first is not null;
        OdeLinearization[] linearizations = Linearize(step, state, pullsEnd ? Math.Max(stageCount, end + 1) : end);
        _cotangents.Begin(step.Size, thetas[..inside], outputCotangents.narrow(0, 0, inside));
        for (int i = linearizations.Length - 1; i >= end; i--)
        {
            Tensor gathered = _cotangents.Gather(i, linearizations.Length);
            if (i == end)
            {
                _adjoint.PlusInPlace(PullBack(linearizations[i], _firstCotangent is null ? gathered : gathered.PlusInPlace(_firstCotangent)));
            }
            else
            {
                _cotangents.Set(i, PullBack(linearizations[i], gathered));
            }
        }

        _cotangents.Set(end, _adjoint);
        int rows = Math.Max(linearizations.Length, end + 1);
        for (int i = end - 1; i > 0; i--)
        {
            _cotangents.Set(i, PullBack(linearizations[i], _cotangents.Gather(i, rows)));
        }

        _firstCotangent?.Dispose();
        _firstCotangent = _cotangents.Gather(0, rows).DetachFromDisposeScope();
        _first = linearizations[0];
        _adjoint.copy_(_cotangents.Sum(rows));
    }

    public override void ReverseFirstStage()
    {
        using DisposeScope scope = NewDisposeScope();
        _adjoint.PlusInPlace(PullBack(_first!, _firstCotangent!));
        _firstCotangent!.Dispose();
        (_first, _firstCotangent) = (null, null);
    }

    public override Tensor Finish() => _adjoint.clone();

    protected override void Dispose(bool disposing)
    {
        _stages.Dispose();
        _cotangents.Dispose();
        _adjoint.Dispose();
        _first?.Dispose();
        _firstCotangent?.Dispose();
    }

    private OdeLinearization[] Linearize(OdeStep step, Tensor state, int count)
    {
        _stages.SetStepSize(step.Size);
        var linearizations = new OdeLinearization[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                OdeLinearization linearization = i == _method.EndStage && _first is { } next
                    ? next
                    : _term.LinearizeChecked(step.At(_method.C[i]), _stages.Combine(state, i).view(_shape));
                linearizations[i] = linearization;
                if (i + 1 < count)
                {
                    _stages.Row(i).copy_(linearization.Value.reshape(-1));
                }
            }

            return linearizations;
        }
        catch
        {
            foreach (OdeLinearization? linearization in linearizations)
            {
                linearization?.Dispose();
            }

            throw;
        }
    }

    private Tensor PullBack(OdeLinearization linearization, Tensor cotangent)
    {
        using (linearization)
        {
            return linearization.PullbackChecked(cotangent.view(_shape), _parameterGradient).reshape(-1);
        }
    }
}
