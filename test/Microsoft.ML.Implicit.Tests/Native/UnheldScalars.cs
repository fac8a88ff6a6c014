using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Microsoft.ML.Implicit.Tests.Native;

/// <summary>
/// Members of TorchSharp that make a scalar and let go of it before the native call that reads it has returned, directly or through other
/// such members: a collection started by another thread frees it meanwhile. Found in TorchSharp's own instructions.
/// </summary>
internal sealed class UnheldScalars
{
    private const string Scalar = "TorchSharp.Scalar";

    private readonly HashSet<string> _members = [];
    private readonly HashSet<string> _modules;

    public UnheldScalars(ModuleDefinition torchSharp)
    {
        MethodDefinition[] methods = [.. torchSharp.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody && !IsScalars(method))];
        ILookup<string, string> callers = methods
            .SelectMany(method => Calls(method).Select(call => (Called: MakesScalar(call.Member) ? Scalar : Name(call.Member), Caller: Name(method))))
            .ToLookup(pair => pair.Called, pair => pair.Caller);
        var reached = new Queue<string>([Scalar]);
        while (reached.TryDequeue(out string? called))
        {
            foreach (string caller in callers[called].Where(_members.Add))
            {
                reached.Enqueue(caller);
            }
        }

        _modules = [.. torchSharp.GetTypes().Where(type => type.Methods.Any(method => method.IsVirtual && Contains(method))).Select(type => type.FullName)];
    }

    /// <summary>Tells whether a member is one of them.</summary>
    public bool Contains(MethodReference member) => _members.Contains(Name(member));

    /// <summary>Calls in an assembly of these members, of what creates modules that call them, and of what makes scalars that the assembly does not hold.</summary>
    public IEnumerable<string> FindCalls(ModuleDefinition assembly) =>
        from method in assembly.GetTypes().SelectMany(type => type.Methods)
        where method.HasBody
        from call in Calls(method)
        where Contains(call.Member) || CreatesModule(call.Member) || (MakesScalar(call.Member) && !IsHeld(method.Body, call.Instruction))
        select $"{method.DeclaringType.FullName}.{method.Name} calls {call.Member.FullName}";

    private static IEnumerable<(Instruction Instruction, MethodReference Member)> Calls(MethodDefinition method) =>
        method.Body.Instructions.Where(instruction => instruction.Operand is MethodReference).Select(instruction => (instruction, (MethodReference)instruction.Operand));

    private static bool IsScalars(MethodReference member) => member.DeclaringType.FullName == Scalar || member.ReturnType.FullName == Scalar;

    private static bool MakesScalar(MethodReference member) =>
        member.DeclaringType.FullName.StartsWith(nameof(TorchSharp), StringComparison.Ordinal)
        && (member.ReturnType.FullName == Scalar || (member.Name == ".ctor" && member.DeclaringType.FullName == Scalar));

    private bool CreatesModule(MethodReference member) => _modules.Contains(member.Name == ".ctor" ? member.DeclaringType.FullName : member.ReturnType.FullName);

    // A field holds a scalar, and so does a variable that is disposed afterwards.
    private static bool IsHeld(MethodBody body, Instruction call) => call.Next switch
    {
        { OpCode.Code: Code.Stfld or Code.Stsfld } => true,
        { Operand: MethodReference { Name: "Hold", DeclaringType.Name: "HeldScalars" } } => true,
        { } next when Stored(body, next) is { } variable => body.Instructions.Any(i => Loaded(body, i) == variable && i.Next.Operand is MethodReference { Name: "Dispose" }),
        _ => false,
    };

    private static VariableDefinition? Stored(MethodBody body, Instruction instruction) => instruction.OpCode.Code switch
    {
        >= Code.Stloc_0 and <= Code.Stloc_3 => body.Variables[instruction.OpCode.Code - Code.Stloc_0],
        Code.Stloc or Code.Stloc_S => (VariableDefinition)instruction.Operand,
        _ => null,
    };

    private static VariableDefinition? Loaded(MethodBody body, Instruction instruction) => instruction.OpCode.Code switch
    {
        >= Code.Ldloc_0 and <= Code.Ldloc_3 => body.Variables[instruction.OpCode.Code - Code.Ldloc_0],
        Code.Ldloc or Code.Ldloc_S => (VariableDefinition)instruction.Operand,
        _ => null,
    };

    private static string Name(MethodReference member)
    {
        MethodReference generic = member.GetElementMethod();
        string parameters = string.Join(',', generic.Parameters.Select(parameter => parameter.ParameterType.FullName));
        return $"{generic.ReturnType.FullName} {generic.DeclaringType.GetElementType().FullName}.{generic.Name}({parameters})";
    }
}
