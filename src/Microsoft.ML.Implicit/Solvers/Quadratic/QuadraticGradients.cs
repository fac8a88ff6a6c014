using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Gradients of a loss with respect to the data of a quadratic program, each in the shape of its argument; null where not asked for or absent.</summary>
public sealed record QuadraticGradients
{
    /// <summary>∂loss/∂Q, symmetric.</summary>
    public Tensor? Q { get; private init; }

    /// <summary>∂loss/∂p.</summary>
    public Tensor? P { get; private init; }

    /// <summary>∂loss/∂G.</summary>
    public Tensor? G { get; private init; }

    /// <summary>∂loss/∂h.</summary>
    public Tensor? H { get; private init; }

    /// <summary>∂loss/∂A.</summary>
    public Tensor? A { get; private init; }

    /// <summary>∂loss/∂b.</summary>
    public Tensor? B { get; private init; }

    /// <summary>∂loss/∂ lower bounds.</summary>
    public Tensor? Lower { get; private init; }

    /// <summary>∂loss/∂ upper bounds.</summary>
    public Tensor? Upper { get; private init; }

    internal static QuadraticGradients From(QuadraticProblem problem, QuadraticAdjointResult d, QuadraticArguments wanted)
    {
        return new QuadraticGradients
        {
            Q = Wants(QuadraticArguments.Q, problem.Q) ? Cast(SymmetricOuter(d, problem.Q!.dim() > 2)) : null,
            P = Wants(QuadraticArguments.P, problem.P) ? Vector(d.Dz, problem.P) : null,
            G = Wants(QuadraticArguments.G, problem.G) ? Cast(OuterSum(d.U, d.Z, d.Lambda, d.Dz, problem.G!.dim() > 2)) : null,
            H = Wants(QuadraticArguments.H, problem.H) ? Vector(-d.U, problem.H!) : null,
            A = Wants(QuadraticArguments.A, problem.A) ? Cast(OuterSum(d.Dnu, d.Z, d.Nu, d.Dz, problem.A!.dim() > 2)) : null,
            B = Wants(QuadraticArguments.B, problem.B) ? Vector(-d.Dnu, problem.B!) : null,
            Lower = Wants(QuadraticArguments.Lower, problem.Lower) ? Vector(d.ULower!, problem.Lower!) : null,
            Upper = Wants(QuadraticArguments.Upper, problem.Upper) ? Vector(-d.UUpper!, problem.Upper!) : null,
        };

        bool Wants(QuadraticArguments argument, Tensor? tensor) => tensor is not null && (wanted & argument) != 0;
        Tensor Cast(Tensor gradient) => gradient.to(problem.P.dtype);
        Tensor Vector(Tensor gradient, Tensor argument) => Cast(argument.dim() > 1 ? gradient : gradient.sum([0L]));
    }

    /// <summary>The eight gradients in the order of <see cref="QuadraticArguments"/>.</summary>
    internal Tensor?[] Arguments => [Q, P, G, H, A, B, Lower, Upper];

    internal QuadraticGradients MoveTo(DisposeScope scope)
    {
        scope.MoveToOuter(Arguments.OfType<Tensor>());
        return this;
    }

    private static Tensor SymmetricOuter(QuadraticAdjointResult d, bool batched)
    {
        Tensor outer = batched ? d.Dz.unsqueeze(2).mul(d.Z.unsqueeze(1)) : d.Dz.t().mm(d.Z);
        return outer.Plus(outer.transpose(-1, -2)).mul_(0.5.Held());
    }

    private static Tensor OuterSum(Tensor left0, Tensor right0, Tensor left1, Tensor right1, bool batched) => batched
        ? left0.unsqueeze(2).mul(right0.unsqueeze(1)).PlusInPlace(left1.unsqueeze(2).mul(right1.unsqueeze(1)))
        : left0.t().mm(right0).PlusInPlace(left1.t().mm(right1));
}
