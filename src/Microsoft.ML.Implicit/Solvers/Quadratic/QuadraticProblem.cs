using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// A batch of convex quadratic programs: minimise ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and lower ≤ z ≤ upper.
/// Each tensor is one for all rows, or has one entry a row in front. With Q absent the rows are linear programs.
/// The tensors are the caller's; all have one device and one floating-point type.
/// </summary>
public sealed class QuadraticProblem
{
    /// <summary>Creates a problem.</summary>
    /// <param name="q">Q, [n, n] or [batch, n, n], positive semidefinite to within the rounding of its type; its symmetric part counts. Null: zero.</param>
    /// <param name="p">p, [n] or [batch, n].</param>
    /// <param name="g">G, [m, n] or [batch, m, n], or null without inequalities.</param>
    /// <param name="h">h, [m] or [batch, m]; infinity (or 1e20 times its largest coefficient, where that is above 1) switches a row of G off.</param>
    /// <param name="a">A, [k, n] or [batch, k, n], or null without equalities.</param>
    /// <param name="b">b, [k] or [batch, k].</param>
    /// <param name="lower">Lower bounds, [n] or [batch, n]; negative infinity means none.</param>
    /// <param name="upper">Upper bounds, [n] or [batch, n]; infinity means none.</param>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not match, and the message names the argument and both shapes; or the problem is too large for dense matrices
    /// (more than 2²⁸ entries in one of n × n, m × n, k × n or k × k), and the message names the limit.
    /// </exception>
    public QuadraticProblem(Tensor? q, Tensor p, Tensor? g = null, Tensor? h = null, Tensor? a = null, Tensor? b = null, Tensor? lower = null, Tensor? upper = null)
    {
        ArgumentNullException.ThrowIfNull(p);
        NativeBackend.EnsureLoaded();
        if (p.dim() is not (1 or 2) || p.shape[^1] == 0)
        {
            throw new ArgumentException($"p has shape [{string.Join(", ", p.shape)}]; expected [n] or [batch, n] with n at least 1.", nameof(p));
        }

        Variables = (int)p.shape[^1];
        Inequalities = Rows(g, nameof(g), h, nameof(h));
        Equalities = Rows(a, nameof(a), b, nameof(b));
        P = p;
        Q = q;
        G = Inequalities > 0 ? g : null;
        H = Inequalities > 0 ? h : null;
        A = Equalities > 0 ? a : null;
        B = Equalities > 0 ? b : null;
        Lower = lower;
        Upper = upper;
        int? batch = null;
        Check(q, nameof(q), [Variables, Variables], ref batch);
        Check(p, nameof(p), [Variables], ref batch);
        Check(g, nameof(g), [Inequalities, Variables], ref batch);
        Check(h, nameof(h), [Inequalities], ref batch);
        Check(a, nameof(a), [Equalities, Variables], ref batch);
        Check(b, nameof(b), [Equalities], ref batch);
        Check(lower, nameof(lower), [Variables], ref batch);
        Check(upper, nameof(upper), [Variables], ref batch);
        BatchSize = batch ?? 1;
        QuadraticType = p.dtype;
        DenseLimits.Check(Variables, Inequalities, Equalities);
    }

    /// <summary>Q, or null where it is zero.</summary>
    public Tensor? Q { get; }

    /// <summary>p.</summary>
    public Tensor P { get; }

    /// <summary>G, or null.</summary>
    public Tensor? G { get; }

    /// <summary>h, or null.</summary>
    public Tensor? H { get; }

    /// <summary>A, or null.</summary>
    public Tensor? A { get; }

    /// <summary>b, or null.</summary>
    public Tensor? B { get; }

    /// <summary>Lower bounds, or null.</summary>
    public Tensor? Lower { get; }

    /// <summary>Upper bounds, or null.</summary>
    public Tensor? Upper { get; }

    /// <summary>n.</summary>
    public int Variables { get; }

    /// <summary>m, the number of rows of G.</summary>
    public int Inequalities { get; }

    /// <summary>k, the number of rows of A.</summary>
    public int Equalities { get; }

    /// <summary>Number of rows, possibly 0; 1 where no tensor has a batch dimension.</summary>
    public int BatchSize { get; }

    /// <summary>Whether Q, G and A are the same for all rows.</summary>
    public bool SharesMatrices => !IsBatched(Q, 2) && !IsBatched(G, 2) && !IsBatched(A, 2);

    /// <summary>
    /// Creates a problem from row-major arrays, as an application without tensors has them. An array is either one for all rows or holds those
    /// of every row, one after the other, as its length says. The tensors made belong to the current dispose scope.
    /// </summary>
    /// <param name="size">Number of rows, variables, inequalities and equalities.</param>
    /// <param name="q">Q, n·n values or batch times as many; null: zero.</param>
    /// <param name="p">p, n values or batch times as many.</param>
    /// <param name="g">G, m·n values or batch times as many, or null.</param>
    /// <param name="h">h, m values or batch times as many, or null.</param>
    /// <param name="a">A, k·n values or batch times as many, or null.</param>
    /// <param name="b">b, k values or batch times as many, or null.</param>
    /// <param name="lower">Lower bounds, n values or batch times as many, or null.</param>
    /// <param name="upper">Upper bounds, n values or batch times as many, or null.</param>
    /// <exception cref="ArgumentException">An array has another length; the message names it and both lengths.</exception>
    public static QuadraticProblem FromArrays(
        QuadraticSize size,
        double[]? q,
        double[] p,
        double[]? g = null,
        double[]? h = null,
        double[]? a = null,
        double[]? b = null,
        double[]? lower = null,
        double[]? upper = null)
    {
        ArgumentNullException.ThrowIfNull(size);
        ArgumentNullException.ThrowIfNull(p);
        NativeBackend.EnsureLoaded();
        long n = size.Variables;
        return new QuadraticProblem(
            size.ToTensor(q, nameof(q), n, n),
            size.ToTensor(p, nameof(p), n)!,
            size.ToTensor(g, nameof(g), size.Inequalities, n),
            size.ToTensor(h, nameof(h), size.Inequalities),
            size.ToTensor(a, nameof(a), size.Equalities, n),
            size.ToTensor(b, nameof(b), size.Equalities),
            size.ToTensor(lower, nameof(lower), n),
            size.ToTensor(upper, nameof(upper), n));
    }

    /// <summary>Largest |Q - Qᵀ| relative to the largest |Q|; above rounding, Q was not symmetric and its symmetric part is solved.</summary>
    public double Asymmetry()
    {
        if (Q is null)
        {
            return 0;
        }

        using DisposeScope scope = NewDisposeScope();
        double largest = Q.detach().abs().max().to(ScalarType.Float64).item<double>();
        double difference = (Q.detach() - Q.detach().transpose(-1, -2)).abs().max().to(ScalarType.Float64).item<double>();
        return largest > 0 ? difference / largest : 0;
    }

    /// <summary>The type that the numbers of Q came in, to whose rounding Q is positive semidefinite; that of its tensor where nothing else is known.</summary>
    internal ScalarType QuadraticType { get; private init; }

    /// <summary>The eight arguments in order; null where absent.</summary>
    internal Tensor?[] Arguments => [Q, P, G, H, A, B, Lower, Upper];

    /// <summary>The arguments that are present, in order.</summary>
    internal IEnumerable<Tensor> Tensors => Arguments.OfType<Tensor>();

    /// <summary>The arguments whose tensors require a gradient.</summary>
    internal QuadraticArguments RequiringGradient
    {
        get
        {
            Tensor?[] arguments = Arguments;
            return Enumerable.Range(0, arguments.Length)
                .Where(i => arguments[i] is { requires_grad: true })
                .Aggregate(QuadraticArguments.None, (set, i) => set | (QuadraticArguments)(1 << i));
        }
    }

    internal static QuadraticProblem FromArguments(Tensor?[] x, ScalarType? quadraticType = null) =>
        new(x[0], x[1]!, x[2], x[3], x[4], x[5], x[6], x[7]) { QuadraticType = quadraticType ?? x[1]!.dtype };

    /// <summary>The problem of some rows, given as int64 indices, in the current dispose scope and without a graph.</summary>
    internal QuadraticProblem SelectRows(Tensor rows)
    {
        Tensor?[] arguments = Arguments;
        for (int i = 0; i < arguments.Length; i++)
        {
            int dimensions = (QuadraticArguments)(1 << i) is QuadraticArguments.Q or QuadraticArguments.G or QuadraticArguments.A ? 2 : 1;
            Tensor? argument = arguments[i]?.detach();
            arguments[i] = IsBatched(argument, dimensions) ? argument!.index_select(0, rows) : argument;
        }

        return FromArguments(arguments, QuadraticType);
    }

    internal static bool IsBatched(Tensor? tensor, int dimensions) => tensor is not null && tensor.dim() > dimensions;

    private static int Rows(Tensor? matrix, string matrixName, Tensor? vector, string vectorName)
    {
        if (matrix is null != vector is null)
        {
            throw new ArgumentException($"{matrixName} and {vectorName} go together: both or neither.", matrix is null ? matrixName : vectorName);
        }

        if (matrix is null)
        {
            return 0;
        }

        if (matrix.dim() is not (2 or 3))
        {
            throw new ArgumentException($"{matrixName} has shape [{string.Join(", ", matrix.shape)}]; expected [rows, n] or [batch, rows, n].", matrixName);
        }

        return (int)matrix.shape[^2];
    }

    private void Check(Tensor? tensor, string name, long[] expected, ref int? batch)
    {
        if (tensor is null)
        {
            return;
        }

        bool batched = tensor.dim() == expected.Length + 1;
        if (!(batched ? tensor.shape.AsSpan(1) : tensor.shape).SequenceEqual(expected))
        {
            string wanted = string.Join(", ", expected);
            throw new ArgumentException($"{name} has shape [{string.Join(", ", tensor.shape)}]; expected [{wanted}] or [batch, {wanted}], since p has shape [{string.Join(", ", P.shape)}].", name);
        }

        if (tensor.dtype != P.dtype || tensor.dtype is not (ScalarType.Float32 or ScalarType.Float64) || tensor.device.ToString() != P.device.ToString())
        {
            throw new ArgumentException($"{name} is {tensor.dtype} on {tensor.device}; all tensors must be Float32 or Float64 alike, on one device: p is {P.dtype} on {P.device}.", name);
        }

        if (batched && tensor.shape[0] != (batch ?? tensor.shape[0]))
        {
            throw new ArgumentException($"{name} has shape [{string.Join(", ", tensor.shape)}], so a batch of {tensor.shape[0]}; the tensors before it have a batch of {batch}.", name);
        }

        if (batched)
        {
            batch = (int)tensor.shape[0];
        }
    }
}
