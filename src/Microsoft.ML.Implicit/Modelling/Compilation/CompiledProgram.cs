using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>A program as sparse maps from its parameters to the data of a cone program.</summary>
internal sealed record CompiledProgram
{
    public required int Columns { get; init; }

    public required bool Maximizes { get; init; }

    public required IReadOnlyList<Cone> Cones { get; init; }

    public required IReadOnlyList<ProgramPart> Variables { get; init; }

    public required IReadOnlyList<ProgramPart> Parameters { get; init; }

    /// <summary>Of the constraints that have a name.</summary>
    public required IReadOnlyList<ProgramPart> Multipliers { get; init; }

    /// <summary>The rows of every constraint, sign of a variable and domain of a function, by the name or the text of what they come from. Files of earlier versions have none.</summary>
    public required IReadOnlyList<ProgramPart> Origins { get; init; }

    /// <summary>Empty where the objective is linear.</summary>
    public required MatrixMap P { get; init; }

    public required ParameterMap Q { get; init; }

    public required MatrixMap A { get; init; }

    public required ParameterMap B { get; init; }

    /// <summary>What the objective has besides variables and squares; in files of earlier versions besides P and q.</summary>
    public required ParameterMap Offset { get; init; }

    /// <summary>The objective as it is written. Files of earlier versions have none.</summary>
    public required WrittenObjective? Objective { get; init; }

    /// <summary>All that has a name.</summary>
    public IEnumerable<ProgramPart> Parts => [.. Parameters, .. Variables, .. Multipliers];

    public int ParameterCount => Parameters.Sum(part => part.Size);

    /// <summary>Whether a parameter is in a constraint.</summary>
    public bool Constrains(ProgramPart parameter) => A.Values.Depends(parameter) || B.Depends(parameter);

    /// <summary>What is to be small, [batch].</summary>
    /// <param name="parameters">[batch, parameters], float64.</param>
    /// <param name="x">Points, [batch, columns].</param>
    public Tensor Cost(Tensor parameters, Tensor x) => (Objective?.Cost(parameters, x) ?? ExpandedCost(parameters, x)).Plus(Offset.Apply(parameters).reshape(-1));

    /// <summary>The cone programs of rows of parameters.</summary>
    /// <param name="parameters">[batch, parameters], float64.</param>
    public ConeProblem Apply(Tensor parameters)
    {
        Tensor q = Q.Apply(parameters);

        // Where nothing depends on a parameter, there are as many rows all the same.
        q = q.dim() == 1 ? q.expand(parameters.shape[0], -1) : q;
        Tensor? p = P.IsZero ? null : P.Values.Apply(parameters);
        return new ConeProblem(p, q, A.Values.Apply(parameters), B.Apply(parameters), Cones, p is null ? null : P.Entries, A.Entries);
    }

    private Tensor ExpandedCost(Tensor parameters, Tensor x)
    {
        Tensor slope = Q.Apply(parameters);
        slope = P.IsZero ? slope : slope.Plus(SparseProduct.Multiply(P.Entries, P.Values.Apply(parameters), x).mul(0.5.Held()));
        return x.mul(slope).sum(1);
    }
}
