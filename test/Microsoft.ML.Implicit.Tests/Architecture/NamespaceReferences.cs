using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Microsoft.ML.Implicit.Tests.Architecture;

/// <summary>Which types of an assembly refer to which others: by base, interface, member, attribute or instruction.</summary>
internal static class NamespaceReferences
{
    /// <summary>Each reference once, from the outermost type that makes it.</summary>
    /// <param name="module">The assembly.</param>
    public static IEnumerable<(TypeReference From, TypeReference To)> Of(ModuleDefinition module) =>
        from outer in module.Types
        from reference in WithNested(outer).SelectMany(References).SelectMany(Parts).Select(Outermost).DistinctBy(part => part.FullName)
        select ((TypeReference)outer, reference);

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    private static IEnumerable<TypeReference?> References(TypeDefinition type) =>
        [
            type.BaseType,
            .. type.Interfaces.Select(implemented => implemented.InterfaceType),
            .. type.CustomAttributes.Select(attribute => attribute.AttributeType),
            .. type.GenericParameters.SelectMany(Constraints),
            .. type.Fields.Select(field => field.FieldType),
            .. type.Methods.SelectMany(References),
        ];

    private static IEnumerable<TypeReference?> References(MethodDefinition method) =>
        [
            method.ReturnType,
            .. method.Parameters.Select(parameter => parameter.ParameterType),
            .. method.CustomAttributes.Select(attribute => attribute.AttributeType),
            .. method.GenericParameters.SelectMany(Constraints),
            .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
            .. method.HasBody ? method.Body.Instructions.SelectMany(References) : [],
        ];

    private static IEnumerable<TypeReference?> References(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod call => [call.DeclaringType, call.ReturnType, .. call.GenericArguments],
        MethodReference call => [call.DeclaringType, call.ReturnType],
        _ => [],
    };

    private static IEnumerable<TypeReference> Constraints(GenericParameter parameter) => parameter.Constraints.Select(constraint => constraint.ConstraintType);

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
