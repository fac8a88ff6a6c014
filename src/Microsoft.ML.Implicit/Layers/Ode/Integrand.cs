namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>What one column beside the state integrates: a weighted sum.</summary>
/// <param name="Divergence">Whether the divergence of f is part of it.</param>
/// <param name="KineticEnergy">Weight of ‖f‖².</param>
/// <param name="JacobianNorm">Weight of ‖∂f/∂z‖²_F, estimated as Σₖ ‖∂f/∂z eₖ‖².</param>
/// <param name="SecondDerivative">Weight of ‖d²z/dt²‖².</param>
/// <param name="ThirdDerivative">Weight of ‖d³z/dt³‖².</param>
internal readonly record struct Integrand(bool Divergence = false, double KineticEnergy = 0, double JacobianNorm = 0, double SecondDerivative = 0, double ThirdDerivative = 0);
