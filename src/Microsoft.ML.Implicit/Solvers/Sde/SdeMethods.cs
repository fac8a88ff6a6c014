using Microsoft.ML.Implicit.Solvers.Sde.Methods;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>The built-in methods of integration.</summary>
public static class SdeMethods
{
    /// <summary>The Euler-Maruyama method for Itô equations, strong order ½, 1 for additive noise.</summary>
    public static SdeMethod EulerMaruyama { get; } = new EulerMaruyama();

    /// <summary>Heun's method for Stratonovich equations, strong order 1 for commutative noise, ½ for general.</summary>
    public static SdeMethod Heun { get; } = new StochasticHeun();

    /// <summary>Milstein's method for equations of both calculi with commutative noise, strong order 1; it needs derivatives of the diffusion.</summary>
    public static SdeMethod Milstein { get; } = new Milstein();

    /// <summary>Platen's form of Milstein's method, without derivatives, for equations of both calculi with commutative noise, strong order 1.</summary>
    public static SdeMethod DerivativeFreeMilstein { get; } = new DerivativeFreeMilstein();

    /// <summary>Rößler's SRA1 for additive noise, 2010, strong order 1.5, with an error estimate.</summary>
    public static SdeMethod Sra1 { get; } = AdditiveRungeKutta.Sra1;

    /// <summary>Foster's, dos Reis' and Strange's ShARK for additive noise, 2023, strong order 1.5, with an error estimate.</summary>
    public static SdeMethod Shark { get; } = AdditiveRungeKutta.Shark;

    /// <summary>Foster's, dos Reis' and Strange's SlowRK for Stratonovich equations, 2023, strong order 1.5 for commutative noise, ½ for general.</summary>
    public static SdeMethod SlowRk { get; } = new SlowRk();

    /// <summary>Kidger's reversible Heun method for Stratonovich equations, 2021, strong order 1 for commutative noise, ½ for general; one evaluation a step.</summary>
    public static SdeMethod ReversibleHeun { get; } = new ReversibleHeun();

    /// <summary>The method that is taken where none is named.</summary>
    /// <param name="equation">The equation, of which calculus and noise matter.</param>
    /// <returns>
    /// <see cref="Shark"/> for additive noise; else <see cref="Heun"/> for Stratonovich equations, and for Itô equations
    /// <see cref="DerivativeFreeMilstein"/>, or <see cref="EulerMaruyama"/> where the noise is general.
    /// </returns>
    public static SdeMethod For(StochasticEquation equation)
    {
        ArgumentNullException.ThrowIfNull(equation);
        return equation switch
        {
            { IsAdditive: true } => Shark,
            { Calculus: StochasticCalculus.Stratonovich } => Heun,
            { IsCommutative: true } => DerivativeFreeMilstein,
            _ => EulerMaruyama,
        };
    }
}
